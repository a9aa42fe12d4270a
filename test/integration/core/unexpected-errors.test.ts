import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Emitter } from '../../../app/core/base/index.ts';
import { startCore } from '../../../app/core/core.ts';
import { recordingLogger, type LogLine } from '../../support/network-lab.ts';
import { tempDir } from '../../support/temp.ts';

test('a listener that fails is logged while a core runs, and ends the process once it is stopped', async () => {
  await using temp = await tempDir('unexpected');
  const log: LogLine[] = [];
  const options = { listen: ['127.0.0.1'], discovery: false, logger: recordingLogger(log) };
  const core = await startCore({ ...options, stateDir: temp.join('state'), gamesDir: temp.join('games') });
  const failing = new Emitter<Error>();
  failing.event((error) => {
    throw error;
  });
  const first = new Error('while it runs');
  const second = new Error('after it has stopped');
  try {
    failing.fire(first);
    assert.ok(log.some(({ level, facts }) => level === 'error' && facts['err'] === first));
  } finally {
    await core.stop();
  }
  const thrown = new Promise((resolve) => {
    process.once('uncaughtException', resolve);
  });
  failing.fire(second);
  assert.is(await thrown, second);
  assert.not.ok(log.some(({ facts }) => facts['err'] === second));
});

test.run();
