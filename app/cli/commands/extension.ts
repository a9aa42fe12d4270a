import { resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import type { CommandResult, ExtensionView, InstallWarning } from '../../core/rpc/index.ts';
import { exitCodes } from '../exit.ts';
import { formatTable } from '../format.ts';
import { addCoreFlags, type CoreFlags } from '../options.ts';
import { openSession, type Session } from '../session.ts';
import { addExtensionAuthorCommands } from './extension-author.ts';
import { runReporting, say, type JsonFlag } from './reporting.ts';

type Flags = CoreFlags & JsonFlag;
type ConsentFlags = Flags & { yes?: boolean };
type Question = Pick<CommandResult<'extensions.enable'>, 'added' | 'warnings'>;

/** Commands on extensions: managing them for players, making them for authors. */
export function addExtensionCommands(program: Command): void {
  const extension = program
    .command('extension')
    .description('install, manage and write extensions')
    .addHelpText('after', '\nExample:\n  $ lanspread extension install acme.inno-1.2.0.lanx\n');
  const add = (name: string, description: string, example: string): Command =>
    addCoreFlags(extension.command(name).description(description))
      .option('--json', 'as JSON')
      .addHelpText('after', `\nExample:\n  $ lanspread extension ${example}\n`);
  const addWithConsent = (name: string, description: string, example: string): Command =>
    add(name, description, example).option('--yes', 'agree to everything that it asks for');

  add('list', 'what is there, and what each may do', 'list').action(
    async (flags: Flags) => await inSession(flags, (session) => list(session, flags)),
  );
  addWithConsent('install', 'install or update an extension from a file', 'install acme.inno-1.2.0.lanx')
    .argument('<file>', 'a .lanx file')
    .action(
      async (file: string, flags: ConsentFlags) => await inSession(flags, (session) => install(session, file, flags)),
    );
  addWithConsent('enable', 'turn an extension on', 'enable acme.inno')
    .argument('<id>')
    .action(async (id: string, flags: ConsentFlags) => await inSession(flags, (session) => enable(session, id, flags)));
  add('disable', 'turn an extension off; nothing of it runs', 'disable acme.inno')
    .argument('<id>')
    .action(
      async (id: string, flags: Flags) =>
        await inSession(flags, (session) => act(session, { verb: 'disable', id }, flags)),
    );
  add('remove', 'delete an extension with everything it stored', 'remove acme.inno')
    .argument('<id>')
    .action(
      async (id: string, flags: Flags) =>
        await inSession(flags, (session) => act(session, { verb: 'remove', id }, flags)),
    );
  addExtensionAuthorCommands(extension);
}

/** A core that is started only for this command contacts no peers. */
async function inSession(flags: Flags, work: (session: Session) => Promise<number | void>): Promise<void> {
  let exitCode: number | void = undefined;
  await runReporting(flags, async () => {
    await using session = await openSession({ ...flags, discovery: false, listen: flags.listen ?? ['127.0.0.1'] });
    exitCode = await work(session);
  });
  if (exitCode !== undefined) process.exitCode = exitCode;
}

async function list(session: Session, { json }: Flags): Promise<void> {
  const { extensions } = await session.invoke('extensions.list', {});
  if (json) return say(JSON.stringify({ extensions }, null, 2));
  if (extensions.length === 0) return say('There are no extensions: `lanspread extension install <file>`.');
  const rows = extensions.map((one) => [one.id, one.version, standingOf(one), stateOf(one), one.label, givesOf(one)]);
  say(formatTable([['ID', 'VERSION', 'TRUST', 'STATE', 'LABEL', 'GIVES'], ...rows]));
  for (const { id, lastError } of extensions) if (lastError) process.stderr.write(`${id}: ${lastError.message}\n`);
}

function standingOf({ trust, signer, origin }: ExtensionView): string {
  if (origin === 'development') return 'development';
  return trust === 'signed' ? `signed by ${signer}` : trust;
}

function stateOf({ enabled, running, crashes, missing }: ExtensionView): string {
  const asks = missing.tools.length + missing.hosts.length + missing.folders.length > 0;
  const state = enabled ? (running ? 'running' : 'on') : asks ? 'off, asks for consent' : 'off';
  return crashes === 0 ? state : `${state}, ${crashes} crash${crashes === 1 ? '' : 'es'}`;
}

function givesOf({ contributions: { unpackers, catalogSources, themes } }: ExtensionView): string {
  const count = (list: readonly unknown[], one: string): string[] =>
    list.length === 0 ? [] : [`${list.length} ${one}${list.length === 1 ? '' : 's'}`];
  return [...count(unpackers, 'unpacker'), ...count(catalogSources, 'catalog source'), ...count(themes, 'theme')].join(
    ', ',
  );
}

async function install(session: Session, file: string, { yes = false, json }: ConsentFlags): Promise<number | void> {
  const path = resolve(file);
  let result = await session.invoke('extensions.install', { path, consent: yes });
  if (json) {
    say(JSON.stringify(result, null, 2));
    return result.accepted ? undefined : exitCodes.failed;
  }
  const name = `${result.label} ${result.version} (${result.id})`;
  if (!result.accepted) {
    if (!(await agrees(`${name} is not installed yet: it asks for more than it has.`, result))) return exitCodes.failed;
    // The consent is for exactly this package; a replaced one is asked about again.
    result = await session.invoke('extensions.install', { path, consent: result.hash });
    if (!result.accepted) return exitCodes.failed;
  }
  const from = result.formerVersion === undefined ? '' : `, in place of ${result.formerVersion}`;
  say(`${name} is installed${from}.`);
  if (result.trust === 'signed') say(`It is signed by ${result.signer}.`);
  else if (result.fingerprint === undefined) say('It is not signed: keep it only if you trust where it is from.');
  else say(`It is signed by ${result.fingerprint}, a key that this PC does not trust: keep it only if you do.`);
  if (result.extension && !result.extension.enabled) say(`It is off: \`lanspread extension enable ${result.id}\`.`);
}

async function enable(session: Session, id: string, { yes = false, json }: ConsentFlags): Promise<number | void> {
  let result = await session.invoke('extensions.enable', { id, consent: yes });
  if (json) {
    say(JSON.stringify(result, null, 2));
    return result.accepted ? undefined : exitCodes.failed;
  }
  if (!result.accepted) {
    if (!(await agrees(`${id} is still off: it asks for more than it has.`, result))) return exitCodes.failed;
    result = await session.invoke('extensions.enable', { id, consent: true });
  }
  say(`${id} is on.`);
}

const warningTexts: Record<InstallWarning, string> = {
  'signature-lost': 'The installed version is signed and this one is not. It may come from another author.',
  'other-signer': 'It is signed with another key than the installed version. It may come from another author.',
  'older-version': 'It is older than what is installed.',
};

/** Shows what the player has to agree to, and asks at a terminal. Nothing is changed before the answer. */
async function agrees(headline: string, { added, warnings }: Question): Promise<boolean> {
  const canAnswer = process.stdin.isTTY && process.stdout.isTTY;
  const lines = [
    headline,
    ...added.tools.map((tool) => `  it would start the program ${tool}, which comes with it`),
    ...added.hosts.map((host) => `  it would ask ${host}`),
    ...added.folders.map((folder) => `  it would read: ${folder}`),
    ...warnings.map((warning) => `  ${warningTexts[warning]}`),
    'Lanspread fences extensions in, which is a seat belt and no wall.',
    ...(canAnswer ? [] : ['If you agree, run it again with --yes.']),
  ];
  process.stderr.write(`${lines.join('\n')}\n`);
  if (!canAnswer) return false;
  const terminal = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^y(?:es)?$/i.test((await terminal.question('Do you agree? [y/N] ')).trim());
  } finally {
    terminal.close();
  }
}

async function act(
  session: Session,
  { verb, id }: { verb: 'disable' | 'remove'; id: string },
  { json }: Flags,
): Promise<void> {
  const result = await session.invoke(`extensions.${verb}`, { id });
  if (json) return say(JSON.stringify(result));
  say(verb === 'disable' ? `${id} is off.` : `${id} is removed.`);
}
