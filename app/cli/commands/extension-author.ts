import { basename, resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import type { CheckResult, DevelopmentEvent, PackageFacts } from '../../core/tools/extension-tools.ts';
import { exitCodes } from '../exit.ts';
import { formatBytes } from '../format.ts';
import { runReporting, say, type JsonFlag } from './reporting.ts';

interface CreateFlags extends JsonFlag {
  publisher?: string;
  label?: string;
  directory?: string;
}

interface DevFlags extends JsonFlag {
  inspect?: number | true;
  archive?: string;
}

interface PackFlags extends JsonFlag {
  output?: string;
  sign?: string;
}

const loadTools = () => import('../../core/tools/extension-tools.ts');
const defaultInspectPort = 9229;

/** Commands for authors of extensions; they need no core. */
export function addExtensionAuthorCommands(extension: Command): void {
  const add = (name: string, description: string, example: string): Command =>
    extension
      .command(name)
      .description(description)
      .option('--json', 'as JSON')
      .addHelpText('after', `\nExample:\n  $ lanspread extension ${example}\n`);

  add('create', 'begin a new extension, with a template that works', 'create acme.inno')
    .argument('<name>', '`name`, or `publisher.name`; lower-case letters, digits and hyphens')
    .option('--publisher <name>', 'who publishes it (your user name)')
    .option('--label <text>', 'what players read')
    .option('--directory <dir>', 'where to put it (a new folder of its name, here)')
    .action(async (name: string, flags: CreateFlags) => await runReporting(flags, () => create(name, flags)));

  add('dev', 'run an extension from its folder, and again with every change', 'dev ./inno --archive setup.exe')
    .argument('[dir]', 'the folder with its package.json', '.')
    .option('--inspect [port]', 'let a debugger attach, on 127.0.0.1', parsePort)
    .option('--archive <file>', 'after every start, try its unpackers with this file')
    .action(async (dir: string, flags: DevFlags) => await interruptible(flags, (signal) => dev(dir, flags, signal)));

  add('test', 'try an extension with everything that happens to extensions', 'test ./inno')
    .argument('[dir]', 'the folder with its package.json', '.')
    .action(async (dir: string, flags: JsonFlag) => await interruptible(flags, (signal) => test(dir, flags, signal)));

  add('pack', 'make one file of an extension, to give away', 'pack ./inno --sign acme.key')
    .argument('[dir]', 'the folder with its package.json', '.')
    .option('-o, --output <file>', 'where to write it (<publisher>.<name>-<version>.lanx, here)')
    .option('--sign <key>', 'sign it with this secret key')
    .action(async (dir: string, flags: PackFlags) => await runReporting(flags, () => pack(dir, flags)));

  add('sign', 'sign a packed extension', 'sign acme.inno-1.2.0.lanx --key acme.key')
    .argument('<file>', 'a .lanx file; it is signed in place')
    .requiredOption('--key <file>', 'the secret key, as `keygen` writes it')
    .option('-o, --output <file>', 'where to write it instead')
    .action(
      async (file: string, flags: JsonFlag & { key: string; output?: string }) =>
        await runReporting(flags, () => sign(file, flags)),
    );

  add('pin', 'write the hashes of its tools into its package.json', 'pin ./inno')
    .argument('[dir]', 'the folder with its package.json', '.')
    .action(async (dir: string, flags: JsonFlag) => await runReporting(flags, () => pin(dir, flags)));

  add('keygen', 'make a pair of keys: one signs, the other is given to everybody', 'keygen acme')
    .argument('<path>', 'writes `<path>.key` and `<path>.pub`')
    .action(async (path: string, flags: JsonFlag) => await runReporting(flags, () => keygen(path, flags)));
}

function parsePort(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new InvalidArgumentError('It has to be a port.');
  return port;
}

/** Runs work that Ctrl-C ends in order. The work returns the exit code. */
async function interruptible(flags: JsonFlag, work: (signal: AbortSignal) => Promise<number>): Promise<void> {
  const stop = new AbortController();
  const onSignal = (): void => stop.abort();
  for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, onSignal);
  let exitCode: number = exitCodes.failed;
  try {
    await runReporting(flags, async () => {
      try {
        exitCode = await work(stop.signal);
      } catch (error) {
        if (!stop.signal.aborted) throw error;
      }
    });
  } finally {
    for (const name of ['SIGINT', 'SIGTERM'] as const) process.off(name, onSignal);
  }
  process.exitCode = stop.signal.aborted ? exitCodes.interrupted : exitCode;
}

async function create(name: string, { publisher, label, directory, json }: CreateFlags): Promise<void> {
  const { createExtension } = await import('../extension-template.ts');
  const folder = resolve(directory ?? name.slice(name.indexOf('.') + 1));
  const made = await createExtension({ name, publisher, label, directory: folder });
  if (json) return say(JSON.stringify(made));
  say(`${made.id} is in ${made.directory}: ${made.files.length} files that work as they are.`);
  say(`  lanspread extension test ${basename(made.directory)}    then put your own format into src/`);
}

async function dev(dir: string, { inspect, archive, json }: DevFlags, signal: AbortSignal): Promise<number> {
  const { developExtension, temporaryFolder } = await loadTools();
  await using storage = await temporaryFolder();
  const show = json ? (event: DevelopmentEvent) => say(JSON.stringify(event)) : showDevelopment;
  await developExtension(resolve(dir), {
    inspectPort: inspect === true ? defaultInspectPort : inspect,
    archive: archive === undefined ? undefined : resolve(archive),
    storageFolder: storage.path,
    onEvent: show,
    signal,
  });
  return exitCodes.done;
}

function showDevelopment(event: DevelopmentEvent): void {
  switch (event.event) {
    case 'ready': {
      const gives = [...event.unpackers, ...event.catalogSources, ...event.themes].join(', ') || 'nothing';
      say(`${event.id} ${event.version} is ready after ${event.milliseconds} ms. It gives: ${gives}.`);
      break;
    }
    case 'changed':
      say(`\nChanged: ${event.paths.join(', ')}`);
      break;
    case 'failed':
      process.stderr.write(`${event.message} [${event.code}]\n`);
      break;
    case 'log':
      process.stderr.write(`  ${event.level.padEnd(5)} ${event.message}\n`);
      break;
    case 'archive': {
      say(`${basename(event.path)}: ${event.unpacker} gives it ${event.score} of 100.`);
      for (const { path, kind, sizeBytes } of (event.entries ?? []).slice(0, 50))
        say(`  ${kind === 'file' ? formatBytes(sizeBytes).padStart(9) : kind.padStart(9)}  ${path}`);
      if ((event.entries?.length ?? 0) > 50) say(`  … ${event.entries?.length} in all`);
    }
  }
}

async function test(dir: string, { json }: JsonFlag, signal: AbortSignal): Promise<number> {
  const { testExtension } = await loadTools();
  const results = await testExtension(resolve(dir), {
    onResult: (result) => (json ? say(JSON.stringify(result)) : showResult(result)),
    onLog: ({ level, message }) => {
      if (!json && level !== 'debug') process.stderr.write(`    ${level.padEnd(5)} ${message}\n`);
    },
    signal,
  });
  const count = (outcome: CheckResult['outcome']): number => results.filter((one) => one.outcome === outcome).length;
  const [passed, failed, skipped] = [count('passed'), count('failed'), count('skipped')];
  if (json) say(JSON.stringify({ passed, failed, skipped }));
  else say(`\n${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`);
  return failed === 0 ? exitCodes.done : exitCodes.failed;
}

function showResult({ name, outcome, message }: CheckResult): void {
  const mark = { passed: '✓', failed: '✗', skipped: '–' }[outcome];
  say(`${mark} ${name}${message === undefined ? '' : `\n    ${message}`}`);
}

async function pack(dir: string, { output, sign: keyPath, json }: PackFlags): Promise<void> {
  const { packExtension } = await loadTools();
  showPackage(await packExtension(dir, { output, keyPath }), { json, files: true });
}

async function pin(dir: string, { json }: JsonFlag): Promise<void> {
  const { pinTools } = await loadTools();
  const { path, pinned } = await pinTools(dir);
  if (json) return say(JSON.stringify({ path, pinned }));
  if (pinned.length === 0) return say(`${path} names no tools.`);
  for (const { field, path: tool, blake3 } of pinned) say(`${field}: ${tool} is ${blake3}`);
}

async function sign(file: string, { key, output, json }: JsonFlag & { key: string; output?: string }): Promise<void> {
  const { signExtension } = await loadTools();
  showPackage(await signExtension(file, { keyPath: key, output }), { json, files: false });
}

function showPackage(facts: PackageFacts, { json, files }: JsonFlag & { files: boolean }): void {
  if (json) return say(JSON.stringify(facts));
  if (files) for (const { path, sizeBytes } of facts.files) say(`  ${formatBytes(sizeBytes).padStart(9)}  ${path}`);
  const signed = facts.fingerprint === undefined ? 'not signed' : `signed by ${facts.fingerprint}`;
  say(`${facts.path}: ${facts.label} ${facts.version}, ${formatBytes(facts.sizeBytes)}, ${signed}.`);
  say(`  BLAKE3 ${facts.hash}`);
}

async function keygen(path: string, { json }: JsonFlag): Promise<void> {
  const { makeKeyFiles } = await import('../../core/tools/catalog-tools.ts');
  const made = await makeKeyFiles(path);
  if (json) return say(JSON.stringify(made));
  say(`${made.secretPath}  signs; keep it to yourself.`);
  say(`${made.publicPath}  is for every PC: \`lanspread catalog trust ${basename(made.publicPath)}\`.`);
  say(`Fingerprint ${made.fingerprint}`);
}
