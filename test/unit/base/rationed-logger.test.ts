import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { rationedLogger } from '../../../app/core/base/index.ts';
import { recordingLogger, type LogLine } from '../../support/network-lab.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

test('what strangers cause is told fifty times a minute, and then how often it was left out', async () => {
  const clock = new VirtualClock();
  const lines: LogLine[] = [];
  const logger = rationedLogger(recordingLogger(lines), clock);
  for (let knock = 0; knock < 500; knock += 1) logger.warn({ knock }, 'refused');
  logger.warn({}, 'something else');
  assert.is(lines.length, 51);
  await clock.advance(60_000);
  logger.warn({ knock: 500 }, 'refused');
  assert.equal(lines.at(-1), { level: 'warn', facts: { knock: 500, withheld: 450 }, message: 'refused' });
  logger.warn({ knock: 501 }, 'refused');
  assert.equal(lines.at(-1)?.facts, { knock: 501 });
});

test.run();
