import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, parseGameId } from '../../../app/core/base/index.ts';
import type { OperationEventMessage } from '../../../app/core/operations/index.ts';
import { operationsLab, type OperationsLab } from '../../support/operations-lab.ts';

const quake = parseGameId('quake');
const terminals = new Set(['install-finished', 'install-failed', 'download-cancelled']);

function codeOf(work: () => void): string {
  try {
    work();
  } catch (error) {
    if (error instanceof LanspreadError) return error.code;
    throw error;
  }
  return 'accepted';
}

const namesOf = (lab: OperationsLab): string[] =>
  lab.events.filter((event) => 'gameId' in event).map(({ event }) => event);

function onlyTerminal(lab: OperationsLab): OperationEventMessage {
  const found = lab.events.filter(({ event }) => terminals.has(event));
  assert.is(found.length, 1, `exactly one terminal event, not ${found.map(({ event }) => event).join(', ')}`);
  const [terminal] = found;
  assert.ok(terminal);
  assert.is(lab.events.at(-1), terminal, 'the terminal event is the last one');
  assert.equal(lab.operations.running(), []);
  return terminal;
}

test('a streamed install begins, gets on and ends as such, with the game installed and no download of it', async () => {
  const lab = operationsLab(['quake']);
  lab.operations.streamInstall('quake');
  assert.equal(lab.operations.running(), [{ gameId: quake, kind: 'Streaming' }]);
  await lab.clock.advance(5_000);
  assert.equal(namesOf(lab), [
    'download-begin',
    'install-begin',
    'download-progress',
    'install-progress',
    'download-progress',
    'install-progress',
    'install-finished',
  ]);
  for (const event of lab.events) if ('gameId' in event) assert.is('streamed' in event && event.streamed, true);
  const end = onlyTerminal(lab);
  assert.equal('trust' in end && end.trust, 'sender');
  const { installed, downloaded, availability, installedVersion } = lab.operations.snapshot.get(quake) ?? {};
  assert.equal([installed, downloaded, availability, installedVersion], [true, false, 'LocalOnly', '2']);
});

test('without peers, and when it fails, a streamed install ends in its failure, which the game remembers', async () => {
  const lab = operationsLab(['quake']);
  lab.setPeers(false);
  lab.operations.streamInstall('quake');
  await lab.clock.advance(5_000);
  const end = onlyTerminal(lab);
  assert.equal(
    [end.event, 'code' in end && end.code, 'streamed' in end && end.streamed],
    ['install-failed', 'NO_PEERS', true],
  );
  assert.is(lab.operations.snapshot.get(quake)?.lastFailure?.code, 'NO_PEERS');
  const other = operationsLab(['quake']);
  other.turn = () => ({ takesMs: 500, fails: 'ARCHIVE_CORRUPT' });
  other.operations.streamInstall('quake');
  await other.clock.advance(5_000);
  const failed = onlyTerminal(other);
  assert.equal([failed.event, 'code' in failed && failed.code], ['install-failed', 'ARCHIVE_CORRUPT']);
});

test('a streamed install whose sender is lost waits for one, and begins again from nothing', async () => {
  const lab = operationsLab(['quake']);
  lab.turn = () => ({ takesMs: 500, fails: 'PEER_GONE' });
  lab.operations.streamInstall('quake');
  await lab.clock.advance(400);
  lab.setPeers(false);
  await lab.clock.advance(40_000);
  assert.equal(lab.operations.running(), [{ gameId: quake, kind: 'Streaming' }]);
  lab.turn = () => ({ takesMs: 500 });
  lab.setPeers(true);
  await lab.clock.advance(5_000);
  assert.is(onlyTerminal(lab).event, 'install-finished');
  assert.is(namesOf(lab).filter((name) => name === 'install-begin').length, 1, 'it is one install');
});

test('a sender that does not come back ends it with what was lost; one that never began is not waited for', async () => {
  const lab = operationsLab(['quake']);
  lab.turn = () => ({ takesMs: 500, fails: 'PEER_GONE' });
  lab.operations.streamInstall('quake');
  await lab.clock.advance(400);
  lab.setPeers(false);
  await lab.clock.advance(90_000);
  const end = onlyTerminal(lab);
  assert.equal([end.event, 'code' in end && end.code], ['install-failed', 'PEER_GONE']);
  const waiting = operationsLab(['quake']);
  waiting.turn = lab.turn;
  waiting.operations.streamInstall('quake');
  await waiting.clock.advance(400);
  waiting.setPeers(false);
  await waiting.clock.advance(10_000);
  waiting.operations.cancel('quake');
  await waiting.clock.advance(100);
  assert.is(onlyTerminal(waiting).event, 'download-cancelled');
  const often = operationsLab(['quake']);
  often.turn = lab.turn;
  often.operations.streamInstall('quake');
  await often.clock.advance(60_000);
  assert.is(onlyTerminal(often).event, 'install-failed', 'one that is lost again and again');
});

test('a cancelled streamed install ends in one cancellation, whenever it comes', async () => {
  for (const afterMs of [0, 5, 500]) {
    const lab = operationsLab(['quake']);
    lab.operations.streamInstall('quake');
    await lab.clock.advance(afterMs);
    lab.operations.cancel('quake');
    await lab.clock.advance(5_000);
    const end = onlyTerminal(lab);
    assert.equal([end.event, 'streamed' in end && end.streamed], ['download-cancelled', true], String(afterMs));
    assert.is(lab.operations.snapshot.get(quake)?.lastFailure, undefined);
    assert.is(lab.operations.snapshot.get(quake)?.installed, false);
  }
});

test('a stop ends it without a cancellation, and nothing else can be done to it', async () => {
  const lab = operationsLab(['quake']);
  lab.operations.streamInstall('quake');
  await lab.clock.advance(500);
  for (const refused of [
    () => lab.operations.streamInstall('quake'),
    () => lab.operations.download('quake', { install: true }),
    () => lab.operations.install('quake'),
    () => lab.operations.pause('quake'),
  ])
    assert.is(codeOf(refused), 'OPERATION_IN_PROGRESS');
  const stopped = lab.operations.stop();
  await lab.clock.advance(5_000);
  await stopped;
  const end = onlyTerminal(lab);
  assert.equal([end.event, 'code' in end && end.code], ['install-failed', 'SHUTTING_DOWN']);
});

test('what is installed is not streamed again, what is downloaded needs nobody', async () => {
  const lab = operationsLab(['quake', 'doom']);
  lab.operations.streamInstall('quake');
  await lab.clock.advance(5_000);
  assert.is(
    codeOf(() => lab.operations.streamInstall('quake')),
    'INSTALLED',
  );
  lab.operations.download('doom', { install: false });
  await lab.clock.advance(10_000);
  assert.is(
    codeOf(() => lab.operations.streamInstall('doom')),
    'ALREADY_DOWNLOADED',
  );
  assert.is(
    codeOf(() => lab.operations.streamInstall('tetris')),
    'NOT_IN_CATALOG',
  );
  lab.setFolder(false);
  assert.is(
    codeOf(() => lab.operations.streamInstall('doom')),
    'GAMES_DIR_LOST',
  );
});

test.run();
