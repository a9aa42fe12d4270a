import { basename, extname, join, resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { makeCatalog, makeKeyFiles, signCatalog, trustKey, verifyCatalog } from '../../core/tools/catalog-tools.ts';
import { builtInExtensions } from '../built-in-extensions.ts';
import { exitCodes } from '../exit.ts';
import { addStateFlag, stateDirOf } from '../options.ts';
import { runReporting, say, type JsonFlag } from './reporting.ts';

interface BuildFlags extends JsonFlag {
  output?: string;
  gamesDir?: string;
  name?: string;
  issued?: string;
  pin?: boolean;
  revoke?: string[];
}

interface KeyFlags extends JsonFlag {
  key?: string[];
  stateDir?: string;
}

const gather = (value: string, earlier: string[] = []): string[] => [...earlier, value];

/** Commands that make, sign and check catalogs; they need no core. */
export function addCatalogFileCommands(catalog: Command): void {
  const add = (name: string, description: string, example: string): Command =>
    catalog
      .command(name)
      .description(description)
      .option('--json', 'as JSON')
      .addHelpText('after', `\nExample:\n  $ lanspread catalog ${example}\n`);

  add(
    'build',
    'make a catalog file of described games (one JSON or YAML file each) and of the games in a folder',
    'build /srv/games --pin --name "Friday night"',
  )
    .argument('<folder>', 'holds `<id>/version.ini`, descriptions `<id>.json` (or in games/) and covers/')
    .option('-o, --output <file>', 'where to write it (catalog.json in the folder)')
    .option('--games-dir <dir>', 'where the games lie, if not in the folder itself')
    .option('--pin', 'hash every game and name the root of its manifest: peers with other bytes never count')
    .option('--name <name>', "the catalog's name (the folder's)")
    .option('--issued <date>', 'when it was issued')
    .addOption(
      new Option('--revoke <id>', 'a game that this catalog takes back everywhere (repeatable)').argParser(gather),
    )
    .action(async (folder: string, flags: BuildFlags) => await runReporting(flags, () => build(folder, flags)));

  add('keygen', 'make a pair of keys: one signs, the other is given to everybody', 'keygen ~/keys/cafe')
    .argument('<path>', 'writes `<path>.key` and `<path>.pub`')
    .action(async (path: string, flags: JsonFlag) => await runReporting(flags, () => keygen(path, flags)));

  add('sign', 'sign a catalog: writes `<file>.sig`', 'sign catalog.json --key ~/keys/cafe.key')
    .argument('<file>')
    .requiredOption('--key <file>', 'the secret key, as `keygen` or `openssl genpkey` writes it')
    .action(
      async (file: string, flags: JsonFlag & { key: string }) => await runReporting(flags, () => sign(file, flags)),
    );

  addStateFlag(add('verify', 'hold a catalog against its signature', 'verify catalog.json --key cafe.pub'))
    .argument('<file>')
    .addOption(
      new Option('--key <file>', 'a public key (repeatable); else those that this PC trusts').argParser(gather),
    )
    .action(async (file: string, flags: KeyFlags) => await runReporting(flags, () => verify(file, flags)));

  addStateFlag(add('trust', 'from now on, what this key signed counts on this PC', 'trust cafe.pub'))
    .argument('<key>', 'a public key')
    .option('--name <name>', 'what it is called (as its file)')
    .action(
      async (key: string, flags: KeyFlags & { name?: string }) => await runReporting(flags, () => trust(key, flags)),
    );
}

/** Returns the exit code: a catalog with a game that no PC can install is written, but the command fails. */
async function build(folder: string, flags: BuildFlags): Promise<number> {
  const { json, output = join(folder, 'catalog.json'), gamesDir, name, issued, pin = false, revoke = [] } = flags;
  const built = await makeCatalog({
    folder: resolve(folder),
    output: resolve(output),
    pin,
    builtInExtensions,
    revoked: revoke,
    ...(gamesDir !== undefined && { gamesDir: resolve(gamesDir) }),
    ...(name !== undefined && { name }),
    ...(issued !== undefined && { issued }),
  });
  const isFatal = built.problems.some(({ where }) => where === 'everywhere');
  const exitCode = isFatal ? exitCodes.failed : exitCodes.done;
  if (json) {
    say(JSON.stringify(built));
    return exitCode;
  }
  say(`${built.path}: ${built.gameCount} games${pin ? `, ${built.pinnedCount} of them pinned` : ''}.`);
  for (const { gameId, where, code, message } of built.problems)
    say(`  ${where === 'windows' ? 'Windows PCs cannot' : 'No PC can'} install ${gameId}: ${message} [${code}]`);
  return exitCode;
}

async function keygen(path: string, { json }: JsonFlag): Promise<void> {
  const made = await makeKeyFiles(path);
  if (json) return say(JSON.stringify(made));
  say(`${made.secretPath}  signs; keep it to yourself.`);
  say(`${made.publicPath}  is for every PC: \`lanspread catalog trust ${basename(made.publicPath)}\`.`);
  say(`Fingerprint ${made.fingerprint}`);
}

async function sign(file: string, { json, key }: JsonFlag & { key: string }): Promise<void> {
  const signed = await signCatalog(file, key);
  if (json) return say(JSON.stringify(signed));
  say(`${signed.signaturePath}: ${signed.gameCount} games signed by ${signed.fingerprint}.`);
}

async function verify(file: string, flags: KeyFlags): Promise<void> {
  const verified = await verifyCatalog(file, { keyPaths: flags.key ?? [], stateDir: stateDirOf(flags) });
  if (flags.json) return say(JSON.stringify(verified));
  const { signedBy, fingerprint, gameCount } = verified;
  say(`${file}: ${gameCount} games, signed by ${signedBy} (${fingerprint}).`);
}

async function trust(key: string, flags: KeyFlags & { name?: string }): Promise<void> {
  const name = flags.name ?? basename(key, extname(key));
  const trusted = await trustKey(key, { stateDir: stateDirOf(flags), name });
  if (flags.json) return say(JSON.stringify(trusted));
  say(`${trusted.path}: what ${trusted.fingerprint} signed counts on this PC.`);
}
