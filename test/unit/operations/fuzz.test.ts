/**
 * Thousands of random commands, failures, lost peers, lost folders and restarts, seeded: whatever happens, every operation
 * ends in exactly one last event, in order, and in the end nothing hangs.
 */
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, type ErrorCode } from '../../../app/core/base/index.ts';
import type { OperationEventMessage, Operations } from '../../../app/core/operations/index.ts';
import { operationsLab, type OperationsLab, type Turn } from '../../support/operations-lab.ts';
import { SeededRandom } from '../../support/random.ts';

const ids = ['one', 'two', 'three', 'four'];
const rounds = 400;
const steps = 120;

const lastEvent =
  /^(?:(?:install|update|uninstall|remove|verify|repair)-(?:finished|failed)|download-(?:finished|failed|cancelled|paused|peers-gone))$/;
const failures: readonly ErrorCode[] = ['IO_ERROR', 'DISK_FULL', 'NO_SOUND_SOURCE', 'ARCHIVE_CORRUPT', 'INTERNAL'];

const commands: readonly ((operations: Operations, id: string, random: SeededRandom) => unknown)[] = [
  (operations, id) => operations.download(id, { install: true }),
  (operations, id) => operations.download(id, { install: false }),
  (operations, id) => operations.update(id),
  (operations, id) => operations.install(id),
  (operations, id) => operations.uninstall(id),
  (operations, id) => operations.removeDownload(id),
  (operations, id) => operations.pause(id),
  (operations, id) => operations.resume(id),
  (operations, id) => operations.cancel(id),
  (operations, id) => operations.verify(id),
  (operations, id) => operations.repair(id),
  (operations, id, random) => operations.moveInQueue(id, random.below(4)),
];

function randomTurn(random: SeededRandom): Turn {
  const takesMs = random.below(3_000);
  switch (random.below(6)) {
    case 0:
      return { takesMs, fails: random.pick(failures) };
    case 1:
      return { takesMs, peersGo: true };
    case 2:
      return { takesMs, lingersMs: random.below(300) };
    default:
      return { takesMs };
  }
}

/** Reads all events of one run: each time a game leaves the table, its last event follows, and never another. */
function assertOneEndEach(events: readonly OperationEventMessage[], seed: string): void {
  const busy = new Set<string>();
  /** Left the table; the last event has not come yet. */
  const leaving = new Set<string>();
  for (const event of events) {
    if (event.event === 'active-operations-changed') {
      const now = new Set<string>(event.operations.map(({ gameId }) => gameId));
      for (const id of busy) if (!now.has(id)) leaving.add(id);
      for (const id of now) assert.ok(busy.has(id) || !leaving.has(id), `${seed}: ${id} began before its former end`);
      busy.clear();
      for (const id of now) busy.add(id);
    } else if (lastEvent.test(event.event) && 'gameId' in event) {
      const id: string = event.gameId;
      if (event.event === 'download-finished' && busy.has(id)) continue;
      assert.ok(leaving.delete(id), `${seed}: ${event.event} of ${id}, which was not ending`);
      assert.not.ok(busy.has(id), `${seed}: ${event.event} of ${id} while it is in the table`);
    }
  }
  assert.equal([...leaving], [], `${seed}: without a last event`);
  assert.equal([...busy], [], `${seed}: still running`);
}

/** What each game shows agrees with what runs, at any time. */
function assertConsistent(lab: OperationsLab, seed: string): void {
  const running = new Map(lab.operations.running().map(({ gameId, kind }) => [gameId as string, kind]));
  for (const view of lab.operations.snapshot.read().games) {
    assert.is(view.operation?.kind, running.get(view.id), `${seed}: ${view.id}`);
    if (view.operation) assert.is(view.lastFailure, undefined, `${seed}: ${view.id} fails and runs`);
    if (view.operation?.queuePosition === undefined) continue;
    assert.ok(
      view.operation.kind === 'Queued' && isListed(lab, view.id),
      `${seed}: ${view.id} has a place in the queue`,
    );
  }
  const transferring = [...running.values()].filter((kind) => kind === 'CheckingPeers' || kind === 'Downloading');
  assert.ok(transferring.length <= 2, `${seed}: ${transferring.length} downloads at a time`);
}

const isListed = ({ stored }: OperationsLab, id: string): boolean =>
  stored.downloads.some(({ gameId, phase }) => gameId === id && phase === 'waiting');

/** Answers with how many commands were accepted. */
async function oneRound(seed: string): Promise<number> {
  const random = new SeededRandom(seed);
  let lab = operationsLab(ids);
  lab.turn = () => randomTurn(random);
  let accepted = 0;
  for (let step = 0; step < steps; step += 1) {
    try {
      await random.pick(commands)(lab.operations, random.pick(ids), random);
      accepted += 1;
    } catch (error) {
      assert.instance(error, LanspreadError, `${seed}: ${String(error)}`);
      assert.not.equal((error as LanspreadError).code, 'INTERNAL', `${seed}: ${String(error)}`);
    }
    if (random.below(12) === 0) lab.setPeers(random.below(3) > 0);
    if (random.below(15) === 0) lab.setFolder(random.below(4) > 0);
    if (random.below(2) === 0) await lab.clock.advance(random.below(1_500));
    assertConsistent(lab, seed);
    if (random.below(60) !== 0) continue;
    const former = lab;
    lab = await lab.restart();
    assertOneEndEach(former.events, seed);
    lab.turn = () => randomTurn(random);
  }
  // Everything goes well from here on: whatever is left comes to its end.
  lab.turn = () => ({ takesMs: 10 });
  lab.setFolder(true);
  lab.setPeers(true);
  await lab.clock.advance(300_000);
  assertOneEndEach(lab.events, seed);
  for (const view of lab.operations.snapshot.read().games) assert.is(view.operation, undefined, `${seed}: ${view.id}`);
  const paused = lab.stored.downloads.filter(({ phase }) => phase !== 'paused');
  assert.equal(paused, [], `${seed}: downloads that nobody paused are over`);
  await lab.operations[Symbol.asyncDispose]();
  return accepted;
}

for (let round = 0; round < rounds; round += 100)
  test(`every operation ends once, whatever happens (seeds ${round} to ${round + 99})`, async () => {
    let accepted = 0;
    for (let seed = round; seed < round + 100; seed += 1) accepted += await oneRound(`operations ${seed}`);
    assert.ok(accepted > 1_500, `only ${accepted} commands were accepted`);
  });

test.run();
