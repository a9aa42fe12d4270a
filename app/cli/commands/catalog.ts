import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { LanspreadError } from '../../core/rpc/client.ts';
import type { CommandInput, CommandResult } from '../../core/rpc/index.ts';
import { formatTable } from '../format.ts';
import { addCoreFlags, type CoreFlags } from '../options.ts';
import { openSession, type Session } from '../session.ts';
import { addCatalogFileCommands } from './catalog-files.ts';
import { runReporting, say, type JsonFlag } from './reporting.ts';

type Flags = CoreFlags & JsonFlag;
type Sources = CommandResult<'catalog.list'>;

/** Commands on catalogs, for operators. */
export function addCatalogCommands(program: Command): void {
  const catalog = program
    .command('catalog')
    .description('what games exist')
    .addHelpText('after', '\nExample:\n  $ lanspread catalog import /media/stick/catalog.json\n');
  addCatalogFileCommands(catalog);
  const add = (name: string, description: string, example: string): Command =>
    addCoreFlags(catalog.command(name).description(description))
      .option('--json', 'as JSON')
      .addHelpText('after', `\nExample:\n  $ lanspread catalog ${example}\n`);

  add('import', 'load a catalog file with its covers; `<file>.sig` is checked', 'import /media/stick/catalog.json')
    .argument('<file>')
    .action(async (file: string, flags: Flags) => await inSession(flags, (session) => load(session, file, flags)));
  add('list', 'the catalogs, from the highest precedence to the lowest', 'list --json').action(
    async (flags: Flags) => await inSession(flags, (session) => list(session, flags)),
  );
  add('remove', 'remove a catalog; what is on the disk of its games stays', 'remove friday-night-1c0ffee0')
    .argument('<catalog>', 'its id or its name')
    .action(async (named: string, flags: Flags) => await inSession(flags, (session) => remove(session, named, flags)));
  add('order', 'which catalog wins where two list one game: the one named first', 'order "Friday night" "Club list"')
    .argument('<catalogs...>', 'ids or names; those left out follow as they are')
    .action(async (named: string[], flags: Flags) => await inSession(flags, (session) => order(session, named, flags)));
  add('refresh', 'ask the catalog sources of extensions now', 'refresh lanspread.folder-catalog/folder')
    .argument('[source]', 'its id; all of them when left out')
    .action(
      async (sourceId: string | undefined, flags: Flags) =>
        await inSession(flags, (session) => refresh(session, sourceId, flags)),
    );
  add(
    'configure',
    'set up the catalog source of an extension',
    `configure lanspread.folder-catalog/folder '{"folders":["/media/*/*"]}'`,
  )
    .argument('<source>', 'its id')
    .argument('<configuration>', 'JSON, or @ and the file that holds it')
    .action(
      async (sourceId: string, text: string, flags: Flags) =>
        await inSession(flags, (session) => configure(session, { sourceId, text }, flags)),
    );
}

async function inSession(flags: Flags, work: (session: Session) => Promise<void>): Promise<void> {
  await runReporting(flags, async () => {
    await using session = await openSession(flags);
    await work(session);
  });
}

async function load(session: Session, file: string, { json }: Flags): Promise<void> {
  const { source } = await session.invoke('catalog.import', { path: resolve(file) });
  if (json) return say(JSON.stringify({ source }, null, 2));
  say(`${source.name}: ${countOf(source.gameCount, 'game')} (${standingOf(source)}).`);
  for (const warning of source.warnings) process.stderr.write(`${warning}\n`);
}

async function list(session: Session, { json }: Flags): Promise<void> {
  const { sources, live } = await session.invoke('catalog.list', {});
  if (json) return say(JSON.stringify({ sources, live }, null, 2));
  if (sources.length === 0) say('There is no catalog: `lanspread catalog import <file>`.');
  else {
    const rows = sources.map((source, index) => [
      String(index + 1),
      source.id,
      source.name,
      String(source.gameCount),
      source.revokedCount > 0 ? String(source.revokedCount) : '–',
      standingOf(source),
      source.origin,
    ]);
    say(formatTable([['#', 'ID', 'NAME', 'GAMES', 'REVOKED', 'STANDING', 'FROM'], ...rows]));
  }
  if (live.length === 0) return;
  const rows = live.map(({ id, label, phase, folders, error }) => [
    id,
    label,
    phase,
    folders.join(' ') || '–',
    error?.message ?? '',
  ]);
  say(`\n${formatTable([['SOURCE', 'LABEL', 'STATE', 'FOLDERS', ''], ...rows])}`);
  for (const { warnings } of live) for (const warning of warnings) process.stderr.write(`${warning}\n`);
}

function standingOf({ signed, signedBy, inUse }: Sources['sources'][number]): string {
  const by = signedBy && (signedBy.name ?? `${signedBy.fingerprint.slice(0, 16)}…`);
  const standing = signed ? `signed by ${by}` : by ? `signed by ${by}, whose key is not trusted` : 'unsigned';
  return inUse ? standing : `${standing}; not in use`;
}

async function remove(session: Session, named: string, { json }: Flags): Promise<void> {
  const [id = named] = await idsOf(session, [named]);
  await session.invoke('catalog.remove', { id });
  say(json ? JSON.stringify({ removed: id }) : `${named} is removed.`);
}

async function order(session: Session, named: readonly string[], flags: Flags): Promise<void> {
  await session.invoke('catalog.order', { ids: await idsOf(session, named) });
  await list(session, flags);
}

async function refresh(session: Session, sourceId: string | undefined, flags: Flags): Promise<void> {
  await session.invoke('catalog.refresh', sourceId === undefined ? {} : { sourceId });
  await list(session, flags);
}

async function configure(
  session: Session,
  { sourceId, text }: { sourceId: string; text: string },
  { json }: Flags,
): Promise<void> {
  const written = text.startsWith('@') ? await readFile(resolve(text.slice(1)), 'utf8') : text;
  await session.invoke('catalog.configure', { sourceId, configuration: parseConfiguration(written) });
  say(json ? JSON.stringify({ configured: sourceId }) : `${sourceId} is set up.`);
}

/** Throws `BAD_REQUEST`. */
function parseConfiguration(text: string): CommandInput<'catalog.configure'>['configuration'] {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LanspreadError('BAD_REQUEST', { message: `The configuration is not JSON: ${String(cause)}.`, cause });
  }
}

/** Translates catalog names into ids. A name counts if exactly one catalog has it. */
async function idsOf(session: Session, named: readonly string[]): Promise<string[]> {
  const { sources } = await session.invoke('catalog.list', {});
  return named.map((each) => {
    const called = sources.filter(({ name }) => name === each);
    return called.length === 1 && called[0] ? called[0].id : each;
  });
}

export function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
