/** Creates a new extension that works at once: the files of `extension-template/` with its name filled in. */
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LanspreadError } from '../core/rpc/client.ts';
import { systemCode } from '../core/rpc/index.ts';

const templateFolder = fileURLToPath(new URL('extension-template', import.meta.url));
const apiFolder = fileURLToPath(new URL('../extension-api', import.meta.url));
const templateEnding = '.template';

export interface NewExtension {
  /** `name`, or `publisher.name`. */
  readonly name: string;
  readonly publisher?: string | undefined;
  readonly label?: string | undefined;
  /** Absolute; a folder that is missing or empty. */
  readonly directory: string;
}

export interface CreatedExtension {
  readonly id: string;
  readonly directory: string;
  readonly files: readonly string[];
}

const part = /^[a-z0-9](?:[a-z0-9-]{0,58}[a-z0-9])?$/;

/** Errors: `BAD_REQUEST` when a name is not valid or the folder is not empty; file system. */
export async function createExtension({ name: given, directory, ...options }: NewExtension): Promise<CreatedExtension> {
  const [publisher, name] = given.includes('.')
    ? [given.slice(0, given.indexOf('.')), given.slice(given.indexOf('.') + 1)]
    : [options.publisher ?? defaultPublisher(), given];
  for (const [what, text] of Object.entries({ name, publisher }))
    if (!part.test(text) || text === 'lanspread')
      throw refusal(
        `${JSON.stringify(text)} cannot be the ${what}: lower-case letters, digits and hyphens, at most 60.`,
      );
  await assertEmpty(directory);
  const words: Record<string, string> = {
    name,
    publisher,
    label: (options.label ?? titleOf(name)).replaceAll("'", '’').replaceAll(/["\\\n]/g, ''),
    ending: `.${name.slice(0, 30).replace(/-+$/, '')}`,
  };
  const files: string[] = [];
  const write = async (path: string, content: string | Uint8Array): Promise<void> => {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content, { flag: 'wx' });
    files.push(path);
  };
  for (const path of (await readdir(templateFolder, { recursive: true, withFileTypes: true })).filter((e) =>
    e.isFile(),
  )) {
    const from = join(path.parentPath, path.name);
    const relative = from.slice(templateFolder.length + 1).replaceAll('\\', '/');
    const isText = relative.endsWith(templateEnding);
    const content = isText ? fill(await readFile(from, 'utf8'), words) : await readFile(from);
    const target = relative
      .replace(templateEnding, '')
      .replace('gitignore', '.gitignore')
      .replace('hello.box', `hello${words['ending']}`);
    await write(target, content);
  }
  await mkdir(join(directory, 'types'), { recursive: true });
  for (const [from, to] of Object.entries({
    'api.d.ts': 'extension-api.d.ts',
    'manifest.schema.json': 'manifest.schema.json',
  })) {
    await cp(join(apiFolder, from), join(directory, 'types', to));
    files.push(`types/${to}`);
  }
  return { id: `${publisher}.${name}`, directory, files: files.sort() };
}

function fill(text: string, words: Record<string, string>): string {
  return text.replaceAll(/\{\{([a-z]+)\}\}/g, (whole, word: string) => words[word] ?? whole);
}

function titleOf(name: string): string {
  const words = name.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

function defaultPublisher(): string {
  let user = '';
  try {
    user = userInfo().username;
  } catch {
    // The user's name is unknown.
  }
  const name = user
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-+|-+$/g, '')
    .slice(0, 40);
  return name === '' || name === 'lanspread' ? 'somebody' : name;
}

async function assertEmpty(directory: string): Promise<void> {
  let entries: string[];
  try {
    entries = await readdir(directory);
  } catch (error) {
    if (systemCode(error) === 'ENOENT') return;
    if (systemCode(error) === 'ENOTDIR') throw refusal(`${directory} is a file.`);
    throw error;
  }
  if (entries.length > 0) throw refusal(`${directory} has something in it already; nothing was written.`);
}

function refusal(message: string): LanspreadError {
  return new LanspreadError('BAD_REQUEST', { message });
}
