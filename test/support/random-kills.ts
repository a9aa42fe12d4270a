/** Kills a peer at random moments amid random operations, and holds it to what must always be true. */
import { setTimeout as delay } from 'node:timers/promises';
import { CrashWorld, faultsInEvents, type Saves, type Told, type Version } from './crash-world.ts';
import { until } from './eventually.ts';
import { Refused, type GameFacts, type PeerProcess } from './peer.ts';
import { SeededRandom } from './random.ts';
import { isOffered } from './story.ts';
import { tempDir } from './temp.ts';

export interface RandomKillsOptions {
  readonly seed: number;
  readonly count: number;
  /** No kill is begun after so long, in milliseconds. */
  readonly limitMs?: number;
  readonly onKill?: (number: number, what: string) => void;
}

export interface RandomKillsResult {
  readonly kills: number;
  readonly operations: number;
  readonly seconds: number;
}

const ids = ['alpha', 'beta', 'gamma'];
const mib = 1024 * 1024;
/** Nothing may take longer to come to rest. */
const restLimitMs = 30_000;
const mostLifeMs = 1_200;

/** What the test knows of a game: what it did to it, not what the peer says. */
interface Memory {
  saves: Record<string, string>;
  isUninstalled: boolean;
}

export async function runRandomKills({
  seed,
  count,
  limitMs = Infinity,
  onKill,
}: RandomKillsOptions): Promise<RandomKillsResult> {
  const random = new SeededRandom(seed);
  const started = performance.now();
  await using folder = await tempDir('random-kills');
  await using world = await CrashWorld.open({ folder: folder.join('room'), ids, uploadBytesPerSecond: 20 * mib });
  const memories = new Map<string, Memory>(ids.map((id) => [id, { saves: {}, isUninstalled: false }]));
  let operations = 0;
  let kills = 0;
  for (; kills < count && performance.now() - started < limitMs; kills += 1) {
    const life = `life ${kills + 1} of seed ${seed}`;
    if (random.below(4) === 0) world.wanted = random.pick<Version>(['1', '2']);
    await using peer = await world.victim();
    const lifeMs = random.below(mostLifeMs);
    const death = delay(lifeMs).then(() => peer.kill9());
    const given: string[] = [];
    try {
      for (let number = 0; number < 8 && peer.isRunning; number += 1) {
        const what = await act(world, peer, { random, memories });
        given.push(what);
        operations += 1;
        await delay(random.below(200));
      }
    } catch (error) {
      // Whoever is killed does not answer.
      if (peer.isRunning && !(error instanceof Refused))
        throw new Error(`${life}: ${given.join(', ')}`, { cause: error });
    }
    await death;
    const told = `${life}, killed after ${lifeMs} ms: ${given.join(', ') || 'nothing'}`;
    assertNone(faultsInEvents(peer.events, { isKilled: true }), told, peer);
    for (const [id, memory] of memories) assertNone(await world.roots.lossesOf(id, memory), told, peer);
    onKill?.(kills + 1, told);
    if (random.below(10) === 0) await rest(world, { memories, told });
  }
  await finish(world, { memories, told: `the end of seed ${seed}` });
  return { kills, operations, seconds: (performance.now() - started) / 1000 };
}

interface Acting {
  readonly random: SeededRandom;
  readonly memories: ReadonlyMap<string, Memory>;
}

const commands = [
  'download',
  'download',
  'download',
  'update',
  'update',
  'install',
  'uninstall',
  'removeDownload',
  'cancel',
  'pause',
  'resume',
  'verify',
  'repair',
  'moveInQueue',
  'streamInstall',
  'save',
] as const;

type Act = (typeof commands)[number];

function suitable({ operation, installed, downloaded, resumable, updateAvailable }: GameFacts): readonly Act[] {
  if (operation !== undefined) return ['cancel', 'pause', 'moveInQueue'];
  if (installed && updateAvailable) return ['update', 'save'];
  if (installed)
    return ['save', 'uninstall', ...(downloaded ? (['verify', 'repair'] as const) : (['update'] as const))];
  if (downloaded) return ['install', 'install', 'removeDownload', 'repair'];
  if (resumable !== undefined) return ['resume', 'resume', 'cancel'];
  return ['download', 'download', 'streamInstall'];
}

/** One random command, or something the player does. Refusals are answers. */
async function act(world: CrashWorld, peer: PeerProcess, { random, memories }: Acting): Promise<string> {
  const gameId = random.pick(ids);
  const memory = memories.get(gameId);
  if (!memory) throw new Error(`${gameId} is unknown`);
  // Mostly what suits the game as it is, so that much happens; now and then anything.
  const command = random.below(4) === 0 ? random.pick(commands) : random.pick(suitable(await peer.game(gameId)));
  const install = random.below(2) === 0;
  const number = random.below(1_000);
  if (command === 'save') return await playerSaves(world, peer, { gameId, memory, number });
  const params = {
    gameId,
    ...(command === 'download' && { install }),
    ...(command === 'moveInQueue' && { to: number % 3 }),
  };
  // From the moment it may have been heard.
  const before = { ...memory, saves: { ...memory.saves } };
  if (command === 'uninstall') memory.isUninstalled = true;
  try {
    await peer.command(command, params);
    return `${command} ${gameId}`;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    Object.assign(memory, before);
    if (['INTERNAL', 'BAD_REQUEST'].includes(error.code)) throw new Error(error.message);
    return `${command} ${gameId} (${error.code})`;
  }
}

/** A game writes while it is installed and nothing is done to it; what an uninstall took is forgotten. */
async function playerSaves(
  world: CrashWorld,
  peer: PeerProcess,
  { gameId, memory, number }: { gameId: string; memory: Memory; number: number },
): Promise<string> {
  const game = await peer.game(gameId);
  if (!game.installed || game.operation !== undefined) return `no save in ${gameId}`;
  if (memory.isUninstalled) await settleMemory(world, gameId, memory);
  const saves: Saves = { [`saves/${number % 5}.sav`]: `save ${number}`, 'cfg/video.cfg': `mine ${number}` };
  // A file that is being replaced has one of two contents at a kill of the peer, never of this process.
  await world.roots.save(gameId, saves);
  Object.assign(memory.saves, saves);
  return `save in ${gameId}`;
}

/** An uninstall that is over took everything along, or was killed before it began and left everything. */
async function settleMemory(world: CrashWorld, gameId: string, memory: Memory): Promise<void> {
  memory.isUninstalled = false;
  const losses = await world.roots.lossesOf(gameId, { saves: memory.saves });
  if (losses.length > 0) memory.saves = {};
}

type Resting = { memories: ReadonlyMap<string, Memory>; told: string };

/** Starts it unharmed and lets it come to rest: everything is settled then, and nothing hangs. */
async function rest(world: CrashWorld, { memories, told }: Resting): Promise<void> {
  await using peer = await world.victim();
  await comesToRest(peer);
  for (const game of await peer.games()) await assertSettled(world, { game, memories, told, peer });
  await peer.quit();
  assertNone(faultsInEvents(peer.events, { isKilled: false }), `${told}, then at rest`, peer);
}

async function comesToRest(peer: PeerProcess): Promise<void> {
  let last: unknown;
  const isIdle = async (): Promise<boolean> => {
    const { operations } = await peer.command('status');
    last = operations;
    return Array.isArray(operations) && operations.length === 0;
  };
  try {
    await until('nothing runs any more', isIdle, { limitMs: restLimitMs });
  } catch (cause) {
    const heard = peer.events.slice(-40).map((event) => JSON.stringify(event).slice(0, 300));
    throw new Error([String(cause), JSON.stringify(last), ...heard, peer.stderr.slice(-3_000)].join('\n'), { cause });
  }
}

async function assertSettled(
  world: CrashWorld,
  { game, memories, told, peer }: Resting & { game: GameFacts; peer: PeerProcess },
): Promise<void> {
  const memory = memories.get(game.id) ?? { saves: {}, isUninstalled: false };
  if (memory.isUninstalled) await settleMemory(world, game.id, memory);
  const facts: Told = { ...memory, isResumable: game.resumable !== undefined };
  assertNone(await world.roots.faultsOf(game.id, facts), `${told}, at rest: ${JSON.stringify(game)}`, peer);
}

/** By commands alone every game comes to be installed and downloaded in its wanted version. */
async function finish(world: CrashWorld, { memories, told }: Resting): Promise<void> {
  await using peer = await world.victim();
  await comesToRest(peer);
  for (const id of ids) {
    await isOffered(peer, id);
    const game = await peer.game(id);
    const way = wayToWhole(game);
    if (!way) continue;
    const since = peer.mark();
    await peer.command(way.command, { gameId: id, ...way.parameters });
    const end = await peer.waitFor(
      [way.end, 'install-failed', 'update-failed', 'download-failed'],
      (event) => event['gameId'] === id,
      { since },
    );
    if (end.event !== way.end) throw new Error(`${told}: ${JSON.stringify(game)}: ${JSON.stringify(end)}`);
  }
  for (const game of await peer.games()) {
    await assertSettled(world, { game, memories, told, peer });
    if (!game.installed || wayToWhole(game)) throw new Error(`${told}: ${JSON.stringify(game)}`);
  }
  await peer.quit();
}

interface Way {
  readonly command: 'download' | 'update';
  readonly parameters?: { readonly install: boolean };
  readonly end: string;
}

/** What makes a game downloaded and installed in its wanted version; undefined when it is. */
function wayToWhole(game: GameFacts): Way | undefined {
  if (!game.installed) return { command: 'download', end: 'install-finished' };
  if (game.installedVersion !== game.version) return { command: 'update', end: 'update-finished' };
  if (game.downloaded && game.localVersion === game.version) return undefined;
  return { command: 'download', parameters: { install: false }, end: 'download-finished' };
}

function assertNone(faults: readonly string[], told: string, peer: PeerProcess): void {
  if (faults.length === 0) return;
  const heard = peer.events.slice(-30).map((event) => JSON.stringify(event).slice(0, 300));
  throw new Error([`${told}:`, ...faults, '--- heard', ...heard, '--- logged', peer.stderr.slice(-3_000)].join('\n'));
}
