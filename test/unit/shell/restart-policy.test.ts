import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { afterExit, restartDelaysMs, soundAfterMs, type CoreExit } from '../../../app/shell/supervision/index.ts';

const crash: CoreExit = { exitCode: null, askedFor: false, wasEverReady: true, uptimeMs: 5_000, failures: 0 };

const test = suite('what follows when the core ends');

test('a crash is followed by a start, each one in a row later than the last, up to a limit', () => {
  const delays = Array.from({ length: 8 }, (_, failures) => afterExit({ ...crash, failures })).map((next) =>
    next.kind === 'restart' ? next.afterMs : undefined,
  );
  assert.equal(delays.slice(0, 6), [...restartDelaysMs]);
  assert.equal(delays.slice(6), [30_000, 30_000]);
});

test('a core that was up for a minute starts again at once', () => {
  assert.equal(afterExit({ ...crash, failures: 6, uptimeMs: soundAfterMs }), {
    kind: 'restart',
    afterMs: restartDelaysMs[0],
    failures: 1,
  });
});

test('a core that never was up is a wrong start: its exit code is the answer', () => {
  assert.equal(afterExit({ ...crash, wasEverReady: false, exitCode: 1 }), { kind: 'end', exitCode: 1 });
  assert.equal(afterExit({ ...crash, wasEverReady: false, exitCode: null }), { kind: 'end', exitCode: 1 });
});

test('what was asked for is the end, whatever the exit code', () => {
  assert.equal(afterExit({ ...crash, askedFor: true, exitCode: null }), { kind: 'end', exitCode: 0 });
});

test('a state directory that somebody else took is not fought over', () => {
  assert.equal(afterExit({ ...crash, exitCode: 3 }), { kind: 'end', exitCode: 3 });
});

test('a core that was told to stop by somebody else stays down', () => {
  assert.equal(afterExit({ ...crash, exitCode: 0 }), { kind: 'end', exitCode: 0 });
});

test.run();
