/** The authors' guide, carried out: every block of it, in its order, as somebody would who follows nothing else. */
import { execFile, spawn } from 'node:child_process';
import { chmod, cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { silentLogger } from '../../../app/core/base/index.ts';
import { startCore, type CoreHandle } from '../../../app/core/core.ts';
import { tempDir } from '../../support/temp.ts';

const run = promisify(execFile);
const root = fileURLToPath(new URL('../../..', import.meta.url));
const commandLine = join(root, 'app/cli/lanspread.mjs');
const compiler = join(root, 'node_modules/@typescript/native/bin/tsc');
const limitMs = 60_000;

interface Block {
  readonly language: string;
  /** A file's path for code, how it is run for a shell. */
  readonly info: string;
  readonly text: string;
  readonly line: number;
}

function blocksOf(page: string): Block[] {
  return [...page.matchAll(/^```(\w*)(?: (.+))?\n([\s\S]*?)^```$/gm)].map(
    ({ 1: language = '', 2: info = '', 3: text = '', index }) => ({
      language,
      info,
      text,
      line: page.slice(0, index).split('\n').length,
    }),
  );
}

interface Desk {
  readonly stateDir: string;
  readonly directory: string;
  readonly environment: NodeJS.ProcessEnv;
}

/** A folder to work in, and `lanspread` on the path: with a state directory of its own where a core is asked. */
async function setDesk(directory: string): Promise<Desk> {
  const programs = join(directory, 'programs');
  const stateDir = join(directory, 'state');
  await mkdir(programs);
  const script = [
    '#!/bin/sh',
    `case "$2" in install|list|enable|disable|remove|trust) set -- "$@" --state-dir "${stateDir}";; esac`,
    `exec "${process.execPath}" "${commandLine}" "$@"`,
  ];
  await writeFile(join(programs, 'lanspread'), `${script.join('\n')}\n`);
  await chmod(join(programs, 'lanspread'), 0o755);
  const desk = join(directory, 'desk');
  await mkdir(desk);
  return {
    stateDir,
    directory: desk,
    environment: { ...process.env, PATH: `${programs}${delimiter}${process.env['PATH']}` },
  };
}

async function runShell({ text, line }: Block, { directory, environment }: Desk): Promise<void> {
  try {
    await run('sh', ['-e', '-c', text], { cwd: directory, env: environment, timeout: limitMs });
  } catch (error) {
    const { stdout = '', stderr = '' } = error as { stdout?: string; stderr?: string };
    throw new Error(`The block at line ${line} of the guide fails:\n${text}\n${stdout}${stderr}`, { cause: error });
  }
}

/** `dev` goes on until somebody presses Ctrl-C: it is ready, sees a change, is ready again, and ends. */
async function runDevelopment({ text, line }: Block, { directory, environment }: Desk): Promise<void> {
  const child = spawn('sh', ['-c', `exec ${text.trim()}`], { cwd: directory, env: environment });
  using _kill = { [Symbol.dispose]: () => void child.kill('SIGKILL') };
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  const limit = AbortSignal.timeout(limitMs);
  limit.addEventListener('abort', () => child.kill('SIGKILL'), { once: true });
  let ready = 0;
  let listed = false;
  for await (const said of createInterface({ input: child.stdout })) {
    if (said.includes('is ready')) ready += 1;
    // Changed only after the archive was listed, which comes after it is ready.
    if (ready === 1 && said.includes('hello.txt')) {
      listed = true;
      const main = join(directory, 'puzzle/src/main.ts');
      await writeFile(main, `${await readFile(main, 'utf8')}// changed\n`);
    } else if (ready === 2) child.kill('SIGINT');
  }
  assert.is(await ended, 130, `the block at line ${line} of the guide`);
  assert.is(ready, 2);
  assert.ok(listed, 'the archive was listed');
}

async function writeCode({ info, text, language }: Block, { directory }: Desk): Promise<void> {
  const path = join(directory, info);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
  if (language === 'ts' || language === 'js') await checkTypes(join(directory, info.split('/')[0] ?? ''), info);
}

/** With the compiler options and the API that the template brings along. */
async function checkTypes(folder: string, info: string): Promise<void> {
  const template = join(dirname(folder), 'puzzle');
  if (folder !== template) await cp(join(template, 'types'), join(folder, 'types'), { recursive: true });
  const config = { extends: join(template, 'tsconfig.json'), include: ['**/*.ts', '**/*.js'] };
  const compilerOptions = {
    allowJs: true,
    checkJs: true,
    paths: { '@lanspread/extension-api': [join(folder, 'types/extension-api.d.ts')] },
  };
  await writeFile(join(folder, 'tsconfig.check.json'), JSON.stringify({ ...config, compilerOptions }));
  await run(process.execPath, [compiler, '-p', join(folder, 'tsconfig.check.json')], { timeout: limitMs }).catch(
    (error: { stdout?: string }) => {
      throw new Error(`${info} does not compile:\n${error.stdout}`);
    },
  );
}

function startLauncher({ stateDir }: Desk): Promise<CoreHandle> {
  return startCore({ stateDir, listen: ['127.0.0.1'], discovery: false, logger: silentLogger });
}

const page = await readFile(join(root, 'docs/extensions.md'), 'utf8');
const guide = suite('guide');

guide('somebody who follows the guide has an extension installed in under ten commands', () => {
  const [first] = blocksOf(page);
  const commands = first?.text.trim().split('\n') ?? [];
  assert.ok(commands.length < 10, `${commands.length} commands`);
  assert.match(commands[0] ?? '', 'extension create');
  assert.ok(commands.some((command) => command.includes('extension install')));
});

guide('every block of the guide is a shell or a file', () => {
  const blocks = blocksOf(page);
  assert.ok(blocks.length > 10, `${blocks.length} blocks`);
  for (const { language, info, line } of blocks) {
    const isShell = language === 'sh' && ['', 'dev', 'linux'].includes(info);
    const isFile = ['json', 'ts', 'js'].includes(language) && info.includes('/');
    assert.ok(isShell || isFile, `line ${line}: ${language} ${info}`);
  }
});

guide('every block of the guide works, one after the other', async () => {
  if (process.platform === 'win32') return;
  await using temp = await tempDir('guide');
  const desk = await setDesk(temp.path);
  await using launcher = new AsyncDisposableStack();
  for (const [index, block] of blocksOf(page).entries()) {
    const { language, info } = block;
    // The first commands find no launcher and start one for themselves; for the others one runs.
    if (index === 1) launcher.adopt(await startLauncher(desk), (core) => core.stop());
    if (language !== 'sh') await writeCode(block, desk);
    else if (info === 'dev') await runDevelopment(block, desk);
    else if (info !== 'linux' || (process.platform === 'linux' && process.arch === 'x64')) await runShell(block, desk);
  }
});

guide.run();
