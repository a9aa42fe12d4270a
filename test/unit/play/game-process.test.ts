/** Games that run, end and are let go while the disk of the database is full. */
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { nodeFileSystem, parseGameId, silentLogger } from '../../../app/core/base/index.ts';
import { GamePlayer, type PlayEnd, type RunningGame } from '../../../app/core/play/index.ts';
import type { ProcessFacts } from '../../../app/core/play/process-tree.ts';
import type { PlaySession, RunningGameRow } from '../../../app/core/state/index.ts';
import { diskFull } from '../../support/full-state-disk.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

const quake = parseGameId('quake');
const doom = parseGameId('doom');

const facts = (pid: number, parentPid: number): ProcessFacts => ({
  pid,
  parentPid,
  sessionId: 10,
  startedAt: `t${pid}`,
});

/** Two games of a core before this one, of which one still runs. */
function rig() {
  const clock = new VirtualClock();
  const row = { startedAt: clock.now() - 60_000, seenAt: clock.now() - 30_000, sessionId: 10 };
  const rows: RunningGameRow[] = [
    { ...row, gameId: quake, members: [{ pid: 10, startedAt: 't10' }] },
    { ...row, gameId: doom, sessionId: 20, members: [{ pid: 20, startedAt: 't20' }] },
  ];
  const world = { isFull: false, processes: [facts(10, 1)], refused: 0, closed: [] as PlaySession[], rows };
  const write = (work: () => void): void => {
    if (world.isFull) {
      world.refused += 1;
      throw diskFull();
    }
    work();
  };
  const player = new GamePlayer({
    fileSystem: nodeFileSystem,
    lastWordsDirectory: '/nowhere',
    processes: { list: async () => world.processes },
    sessions: {
      running: () => world.rows,
      secondsByGame: () => new Map(),
      add: () => write(() => {}),
      putRunning: () => write(() => {}),
      close: (session) => write(() => void world.closed.push(session)),
    },
    clock,
    logger: silentLogger,
  });
  return { clock, world, player };
}

async function resumed({ player, clock }: ReturnType<typeof rig>): Promise<{ game: RunningGame; ends: PlayEnd[] }> {
  const [game, ...others] = await player.resume();
  assert.is(others.length, 0);
  if (!game) throw new Error('the game that runs was not taken up');
  const ends: PlayEnd[] = [];
  void game.ended.then((end) => ends.push(end));
  await clock.advance(0);
  return { game, ends };
}

const test = suite('games while the database takes no write');

test('a game that runs is taken up, and one that ended keeps nobody from starting and is counted later', async () => {
  const its = rig();
  its.world.isFull = true;
  const { game } = await resumed(its);
  assert.is(game.gameId, quake);
  assert.is(its.world.refused, 2);
  game.detach();
  its.world.isFull = false;
  const { game: again } = await resumed(its);
  assert.equal(its.world.closed, [{ gameId: doom, startedAt: game.startedAt, seconds: 30, exitCode: undefined }]);
  again.detach();
});

test('a game whose processes change and end comes to its end', async () => {
  const its = rig();
  const { ends } = await resumed(its);
  its.world.isFull = true;
  its.world.processes = [facts(10, 1), facts(11, 10)];
  await its.clock.advance(10_000);
  assert.is(its.world.refused, 1, 'a new process is to be remembered');
  its.world.processes = [];
  await its.clock.advance(10_000);
  assert.equal(
    ends.map(({ detached }) => detached),
    [false],
  );
  assert.is(its.clock.pendingCount, 0);
});

test('play time is counted by a clock that nobody sets, without the time that the PC slept', async () => {
  const its = rig();
  const { ends } = await resumed(its);
  const wall = its.clock.now.bind(its.clock);
  its.clock.now = () => wall() + 86_400_000;
  await its.clock.advance(10_000);
  // A sleep is one step of the clock between two looks.
  const monotonic = its.clock.monotonicMs.bind(its.clock);
  its.clock.monotonicMs = () => monotonic() + 8 * 3_600_000;
  await its.clock.advance(2_000);
  its.world.processes = [];
  await its.clock.advance(2_000);
  const [seconds] = ends.map((end) => end.seconds);
  // A minute before this core, fourteen seconds since, and a minute at most for the step.
  assert.ok(seconds !== undefined && seconds >= 74 && seconds <= 135, `${seconds} seconds`);
});

test('a game that is let go is let go', async () => {
  const its = rig();
  const { game, ends } = await resumed(its);
  its.world.isFull = true;
  game.detach();
  await its.clock.advance(0);
  assert.equal(
    ends.map(({ detached }) => detached),
    [true],
  );
});

test.run();
