import { constants } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { startCore } from '../../core/core.ts';
import { DemoPeer } from '../demo/demo-peer.ts';
import { makeSampleGame, type SampleGame } from '../demo/sample-games.ts';
import { exitCodes } from '../exit.ts';
import { createLogger } from '../logging.ts';
import { uiDirectory } from '../options.ts';
import { builtInExtensions } from '../built-in-extensions.ts';
import { reportStartFailure } from './start-failure.ts';
import { BrowserWindow, findBrowser, hasDisplay } from '../../shell/browser/index.ts';

const sampleCatalog = fileURLToPath(new URL('../../../fixtures/catalog/catalog.json', import.meta.url));
const mebibyte = 1024 * 1024;

/** The peers of the demo with their games (by index in the catalog), and the sizes of the samples. */
const cast = [
  { name: 'Ada', games: [0, 1, 2, 3] },
  { name: 'Grace', games: [0, 2, 4, 5] },
  { name: 'Linus', games: [0, 1, 5, 6] },
];
const sizesMebibytes = [96, 24, 48, 8, 64, 16, 32];

export function addDemoCommand(program: Command): void {
  program
    .command('demo')
    .description('three peers on this PC with generated sample games, then the launcher')
    .option('--no-open', 'print the address instead of opening a window')
    .addHelpText('after', '\nExample:\n  $ lanspread demo\n')
    .action(async ({ open }: { open: boolean }) => {
      process.exitCode = await runDemo(open);
    });
}

async function runDemo(open: boolean): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'lanspread-demo-'));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  const interrupted = new AbortController();
  process.once('SIGINT', () => interrupted.abort());
  process.once('SIGTERM', () => interrupted.abort());
  const { signal } = interrupted;
  try {
    process.stderr.write('Making sample games and starting three peers…\n');
    const catalog = await makeCatalog(join(folder, 'catalog'));
    const peers = await startCast(folder, { catalog, stack, signal });
    if (signal.aborted) return exitCodes.interrupted;
    const stateDir = join(folder, 'you', 'state');
    const handle = await startCore({
      stateDir,
      gamesDir: join(folder, 'you', 'games'),
      name: 'You',
      listen: ['127.0.0.1'],
      discovery: false,
      catalogFiles: [catalog],
      peers: peers.flatMap(({ addresses }) => addresses.slice(0, 1)),
      logger: createLogger({ stateDir, stderrLevel: 'error' }),
      builtInExtensions,
      uiDirectory,
    });
    // A demo skips the first-run questions.
    await handle.commands.invoke('settings.set', { name: 'setupDone', value: true });
    signal.addEventListener('abort', () => void handle.stop());
    if (signal.aborted) void handle.stop();
    const names = cast.map(({ name }) => name).join(', ');
    process.stderr.write(`${names} are here. Press Ctrl+C to end the demo; its files go with it.\n`);
    showWindow(handle.url, { open, profileDirectory: join(folder, 'browser'), onClosed: () => void handle.stop() });
    const { failed } = await handle.stopped;
    if (failed) return exitCodes.failed;
    return signal.aborted ? exitCodes.interrupted : exitCodes.done;
  } catch (error) {
    if (signal.aborted) return exitCodes.interrupted;
    return reportStartFailure(error);
  }
}

/** The sample catalog with the real sizes of the samples: a copy smaller than its entry would count as unfinished. */
async function makeCatalog(folder: string): Promise<string> {
  await cp(dirname(sampleCatalog), folder, { recursive: true });
  const path = join(folder, 'catalog.json');
  // Lanspread's own file, which a test checks against the catalog's schema.
  const listed = JSON.parse(await readFile(path, 'utf8')) as { games: SampleGame[] };
  const games = listed.games.map((game, index) => {
    const size = sizesMebibytes[index];
    return size === undefined ? game : { ...game, sizeBytes: size * mebibyte };
  });
  await writeFile(path, JSON.stringify({ ...listed, games }));
  return path;
}

/** Makes every sample once, copies it to the peers that have it, and starts the peers. */
async function startCast(
  folder: string,
  { catalog, stack, signal }: { catalog: string; stack: AsyncDisposableStack; signal: AbortSignal },
): Promise<DemoPeer[]> {
  const { games } = JSON.parse(await readFile(catalog, 'utf8')) as { games: SampleGame[] };
  const workshop = join(folder, 'samples');
  const made = new Map<number, string>();
  const peers: DemoPeer[] = [];
  for (const { name, games: owned } of cast) {
    const gamesDir = join(folder, name, 'games');
    await mkdir(gamesDir, { recursive: true });
    for (const index of owned) {
      signal.throwIfAborted();
      const game = games[index];
      if (!game) continue;
      const sizeBytes = (sizesMebibytes[index] ?? 16) * mebibyte;
      const source = made.get(index) ?? (await makeSampleGame(workshop, { ...game, sizeBytes }));
      made.set(index, source);
      await cp(source, join(gamesDir, game.id), { recursive: true, mode: constants.COPYFILE_FICLONE });
    }
    const known = peers.flatMap(({ addresses }) => addresses.slice(0, 1));
    peers.push(
      stack.use(await DemoPeer.start({ name, gamesDir, stateDir: join(folder, name, 'state'), catalog, peers: known })),
    );
  }
  await rm(workshop, { recursive: true });
  return peers;
}

interface WindowOptions {
  open: boolean;
  profileDirectory: string;
  /** Called when the user closed the window. */
  onClosed: () => void;
}

/** Opens a window, or prints the address on one line when no window can open. */
function showWindow(url: string, { open, profileDirectory, onClosed }: WindowOptions): void {
  const browser = open && hasDisplay() ? findBrowser() : undefined;
  const print = (): void => void process.stdout.write(`${url}\n`);
  if (!browser) return print();
  const window = new BrowserWindow({ browser, profileDirectory, onClosed, onUnavailable: print });
  window.show({ url, kiosk: false });
  process.once('exit', () => window.close());
}
