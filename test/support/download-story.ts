/** What a download, its cancel and a repair do to a root that is not empty, for whoever breaks them at every step. */
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import * as assert from 'uvu/assert';
import { LanspreadError, nodeFileSystem, parseGameId, silentLogger, systemClock } from '../../app/core/base/index.ts';
import { recover, streamingFileHasher, type RecoveryReport } from '../../app/core/install/index.ts';
import { RootLocks } from '../../app/core/game-folder/index.ts';
import { discard } from '../../app/core/blocks/download.ts';
import { repair, type VerifyContext } from '../../app/core/blocks/repair.ts';
import { stopReason } from '../../app/core/blocks/stop.ts';
import type { DownloadOutcome, RepairOutcome } from '../../app/core/blocks/types.ts';
import { flipByte } from './archives.ts';
import { fakeGame, type DownloadLab, type FakeGame } from './fake-swarm.ts';
import { seededBytes } from './random.ts';
import { readTree } from './trees.ts';

export const operations = ['download', 'update', 'resume', 'cancel', 'discard', 'repair', 'take-over'] as const;
export type StoryOperation = (typeof operations)[number];

const mib = 1024 * 1024;
const some = (seed: string, sizeBytes = 3_000): Buffer => seededBytes(seed, sizeBytes);

export const oldGame = fakeGame(
  {
    'game.eti': some('one', 5 * mib),
    'data/gone.bin': some('gone'),
    'data/same.bin': some('same'),
    'turns/into a file': some('x'),
    'becomes a folder': some('y'),
  },
  { version: '1', directories: ['old empty'] },
);
export const newGame = fakeGame(
  {
    'game.eti': some('two', 9 * mib),
    'data/same.bin': some('same'),
    'data/new.bin': some('new', 1),
    'bin/run.sh': some('run'),
    'empty.bin': Buffer.alloc(0),
    turns: some('now a file'),
    'becomes a folder/inside.bin': some('z'),
  },
  { directories: ['saves'], executables: ['bin/run.sh'] },
);

/** The player's own things in the root. */
const players: Record<string, string> = {
  'local/save/1.sav': 'a hundred hours',
  'local/game.exe': 'installed',
  'my notes.txt': 'not of any version',
  'data/my mod.pak': 'mine',
};

const begin = { onBegin: () => {}, onProgress: () => {} };
const deaf = { ...begin, onBlocksVerified: () => {}, onPeerStruck: () => {} };

async function write(root: string, files: Iterable<readonly [string, string | Buffer]>): Promise<void> {
  for (const [path, content] of files) {
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content);
  }
}

export const contextOf = ({ context, state }: DownloadLab): VerifyContext => ({
  ...context,
  library: {
    ...context.library,
    manifest: async () => {
      throw new LanspreadError('NOT_DOWNLOADED');
    },
  },
  state,
});

/** Lays out what the operation begins with. Everything of it is done by an unbroken process. */
export async function prepareStory(lab: DownloadLab, operation: StoryOperation): Promise<void> {
  const { root, swarm } = lab;
  if (operation === 'download') return;
  if (operation === 'update' || operation === 'cancel') {
    swarm.add('old', oldGame);
    assert.is((await lab.run({ request: { version: '1' } })).kind, 'finished');
    swarm.remove('old');
  } else if (operation === 'take-over') await write(root, newGame.content);
  else {
    const stop = new AbortController();
    let arrived = 0;
    swarm.add('new', newGame, {
      before() {
        if (operation !== 'repair' && (arrived += 1) === 3) stop.abort(stopReason('pause'));
      },
    });
    await lab.run({ signal: stop.signal });
    swarm.remove('new');
    if (operation === 'repair') {
      await flipByte(join(root, 'game.eti'), 5 * mib);
      await flipByte(join(root, 'bin/run.sh'), 0);
    }
  }
  await write(root, Object.entries(players));
  swarm.sent.length = 0;
}

/** Runs the operation. Throws unless it comes to its good end. */
export async function runStory(lab: DownloadLab, operation: StoryOperation): Promise<void> {
  const outcome = await attemptStory(lab, operation);
  assert.is(outcome.kind, operation === 'cancel' ? 'cancelled' : 'finished', JSON.stringify(outcome));
}

type Attempt = DownloadOutcome | RepairOutcome | { kind: 'finished' };

/** Runs the operation to whatever end. */
export async function attemptStory(lab: DownloadLab, operation: StoryOperation): Promise<Attempt> {
  const { root, swarm } = lab;
  const gameId = parseGameId('game');
  if (operation === 'discard') {
    await discard(lab.context, { gameId, root });
    return { kind: 'finished' };
  }
  const stop = new AbortController();
  let arrived = 0;
  swarm.add('new', newGame, {
    before() {
      if (operation === 'cancel' && (arrived += 1) === 3) stop.abort(stopReason('cancel'));
    },
  });
  try {
    if (operation !== 'repair') return await lab.run({ signal: stop.signal });
    const listeners = { verifying: begin, downloading: deaf, signal: stop.signal };
    return await repair(contextOf(lab), { gameId, version: '2', root }, listeners);
  } finally {
    swarm.remove('new');
  }
}

export const recoverStory = ({ state, root }: DownloadLab): Promise<RecoveryReport> =>
  recover(
    {
      fileSystem: nodeFileSystem,
      state,
      hashFile: streamingFileHasher(),
      locks: new RootLocks(),
      clock: systemClock,
      logger: silentLogger,
    },
    { gamesDir: dirname(root) },
  );

async function isWhole(root: string, { content }: FakeGame): Promise<string | undefined> {
  for (const [path, bytes] of content) {
    const found = await readFile(join(root, path)).catch(() => undefined);
    if (!found?.equals(bytes)) return path;
  }
  return undefined;
}

/** Nothing of the player's is lost or changed; a sentinel has a whole payload beside it. Holds at every moment. */
export async function assertNothingLost(
  { root }: DownloadLab,
  operation: StoryOperation,
  what: string,
): Promise<string | undefined> {
  if (operation !== 'download')
    for (const [path, text] of Object.entries(players))
      assert.is(await readFile(join(root, path), 'utf8'), text, `${what}: ${path}`);
  const sentinel = await readFile(join(root, 'version.ini'), 'utf8').catch(() => undefined);
  if (sentinel === undefined) return undefined;
  const game = [oldGame, newGame].find(({ hashed }) => hashed.manifest.sentinel === sentinel);
  assert.ok(game, `${what}: the sentinel says ${JSON.stringify(sentinel)}`);
  // A spoilt payload has its sentinel until the repair begins: that is what was given.
  const spoilt = await isWhole(root, game);
  const isGiven = operation === 'repair' && (spoilt === 'bin/run.sh' || spoilt === 'game.eti');
  if (!isGiven) assert.is(spoilt, undefined, `${what}: the sentinel says ${sentinel.trim()}`);
  return sentinel;
}

/** What recovery leaves is settled: no transients, no intent, and a second one finds nothing to do. */
export async function assertSettled(lab: DownloadLab, what: string): Promise<void> {
  assert.equal(lab.state.intents.all(), [], `${what}: intents`);
  const names = existsSync(lab.root) ? await readdir(lab.root) : [];
  const reserved = names.filter((name) => name.startsWith('.'));
  assert.equal(reserved, [], `${what}: reserved names`);
  assert.equal((await recoverStory(lab)).actions, [], `${what}: a second recovery`);
}

/** The end of the story: exactly the new game and what is the player's, or, when it was discarded, the latter alone. */
export async function assertEnd(lab: DownloadLab, operation: StoryOperation, what: string): Promise<void> {
  const sentinel = await assertNothingLost(lab, operation, what);
  await assertSettled(lab, what);
  assert.is(lab.state.partials.get(lab.root), undefined, `${what}: nothing is resumable`);
  const isDiscarded = operation === 'cancel' || operation === 'discard';
  const tree = existsSync(lab.root) ? await readTree(lab.root) : [];
  const wanted = new Set(operation === 'download' ? [] : Object.keys(players));
  if (!isDiscarded) {
    for (const path of newGame.content.keys()) wanted.add(path);
    wanted.add('version.ini');
  }
  // What a cancelled update leaves of the old version is the next download's to take up.
  const files = tree.filter(({ kind }) => kind === 'file').map(({ path }) => path);
  const leftOver = new Set(operation === 'cancel' ? oldGame.content.keys() : []);
  // Killed before it began to change anything, the old version is whole and counts as such.
  if (operation === 'cancel' && sentinel !== undefined) leftOver.add('version.ini');
  assert.equal(
    files.filter((path) => !leftOver.has(path)),
    [...wanted].sort(),
    `${what}: the files`,
  );
}
