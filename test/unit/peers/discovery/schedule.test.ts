import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import {
  AnnounceSchedule,
  AnswerSchedule,
  multicastPacing,
  QuerySchedule,
  RateLimit,
  RetrySchedule,
} from '../../../../app/core/peers/discovery/schedule.ts';
import { Alarm } from '../../../../app/core/peers/discovery/sockets.ts';
import { VirtualClock } from '../../../support/virtual-clock.ts';

const queries = (random = 0): QuerySchedule =>
  new QuerySchedule({ startMs: 0, pacing: multicastPacing, random: () => random });

/** The times at which a schedule asks until `endMs`. */
function timesOf(schedule: QuerySchedule, endMs: number): number[] {
  const times: number[] = [];
  for (let time = schedule.nextMs(undefined); time <= endMs; time = schedule.nextMs(undefined)) {
    times.push(Math.round(time));
    schedule.asked(time);
  }
  return times;
}

const test = suite('discovery schedules');

test('an empty network is asked ever more rarely, at last every 96 s', () => {
  assert.equal(timesOf(queries(), 400_000), [20, 1_020, 4_020, 13_020, 40_020, 121_020, 217_020, 313_020]);
});

test('hosts that start together ask at different times', () => {
  assert.is.not(queries(0.1).nextMs(undefined), queries(0.9).nextMs(undefined));
});

test('a record about to expire is asked for, but never twice within a second', () => {
  const schedule = queries();
  timesOf(schedule, 40_020);
  assert.is(schedule.nextMs(96_000), 96_000);
  assert.is(schedule.nextMs(40_100), 41_020);
});

test('another host’s question counts', () => {
  const schedule = queries();
  schedule.asked(10);
  assert.is(schedule.nextMs(undefined), 1_010);
});

test('doubt asks at once and twice more, whatever the interval has become', () => {
  const schedule = queries();
  timesOf(schedule, 200_000);
  schedule.doubt(130_000);
  assert.equal(timesOf(schedule, 135_000), [130_000, 131_000, 132_500]);
});

test('a flood of doubts is asked no more often than one', () => {
  const schedule = queries();
  timesOf(schedule, 125_000);
  const times: number[] = [];
  for (let now = 130_000; now < 160_000; now += 10) {
    schedule.doubt(now);
    if (schedule.nextMs(undefined) > now) continue;
    schedule.asked(now);
    times.push(now);
  }
  assert.ok(times.length <= 30, `${times.length} questions in 30 s`);
});

test('a changed network is asked quickly again', () => {
  const schedule = queries();
  timesOf(schedule, 200_000);
  schedule.restart(150_000);
  assert.equal(timesOf(schedule, 160_000), [150_020, 151_020, 154_020]);
});

test('an announcement is said three times, and anew after a change', () => {
  const schedule = new AnnounceSchedule();
  schedule.restart(0);
  const times: number[] = [];
  for (let time = schedule.nextMs(); time !== undefined; time = schedule.nextMs()) {
    times.push(time);
    schedule.announced(time);
  }
  assert.equal(times, [0, 1_000, 3_000]);
  schedule.restart(9_000);
  assert.is(schedule.nextMs(), 9_000);
});

test('several questions get one answer, a little later', () => {
  const schedule = new AnswerSchedule<string>({ random: () => 0 });
  schedule.ask(['pointer'], { asker: 'ann', nowMs: 0, moreKnownFollows: false });
  schedule.ask(['pointer', 'text'], { asker: 'bob', nowMs: 10, moreKnownFollows: false });
  assert.is(schedule.nextMs(), 20);
  assert.equal(schedule.take(20), ['pointer', 'text']);
  assert.is(schedule.nextMs(), undefined);
});

test('what was just said is said again only a second later', () => {
  const schedule = new AnswerSchedule<string>({ random: () => 0 });
  schedule.ask(['pointer'], { asker: 'ann', nowMs: 0, moreKnownFollows: false });
  schedule.take(20);
  schedule.ask(['pointer'], { asker: 'bob', nowMs: 100, moreKnownFollows: false });
  assert.is(schedule.nextMs(), 1_020);
});

test('an asker whose known answers come later withdraws its question, and only its own', () => {
  const schedule = new AnswerSchedule<string>({ random: () => 0 });
  schedule.ask(['pointer'], { asker: 'ann', nowMs: 0, moreKnownFollows: true });
  assert.is(schedule.nextMs(), 400);
  schedule.withdraw('ann', () => true);
  assert.is(schedule.nextMs(), undefined);
  schedule.ask(['pointer'], { asker: 'ann', nowMs: 0, moreKnownFollows: true });
  schedule.ask(['pointer'], { asker: 'bob', nowMs: 0, moreKnownFollows: true });
  schedule.withdraw('ann', () => true);
  assert.equal(schedule.take(400), ['pointer']);
});

test('what was announced meanwhile need not be answered', () => {
  const schedule = new AnswerSchedule<string>({ random: () => 0 });
  schedule.ask(['pointer', 'types'], { asker: 'ann', nowMs: 0, moreKnownFollows: false });
  schedule.said(['pointer'], 5);
  assert.equal(schedule.take(20), ['types']);
});

test('a flood passes in part, and the next second is fresh', () => {
  const limit = new RateLimit(3);
  assert.equal(
    [0, 1, 2, 3, 999, 1_000].map((nowMs) => limit.passes(nowMs)),
    [true, true, true, false, false, true],
  );
});

test('what keeps failing is tried ever more rarely', () => {
  const schedule = new RetrySchedule();
  const tries: number[] = [];
  for (let scan = 1; scan <= 40; scan += 1) {
    if (!schedule.isDue(scan)) continue;
    tries.push(scan);
    schedule.failed(scan);
  }
  assert.equal(tries, [1, 2, 3, 5, 10, 20, 30, 40]);
});

test('an alarm rings at the earliest of its times, once, and not after its end', async () => {
  const clock = new VirtualClock();
  let rings = 0;
  const alarm = new Alarm(clock, () => (rings += 1));
  alarm.set(500, undefined, 200);
  alarm.set(300);
  await clock.advance(250);
  assert.is(rings, 0);
  await clock.advance(50);
  assert.is(rings, 1);
  alarm.set(undefined);
  assert.is(clock.pendingCount, 0);
  alarm.set(400);
  alarm[Symbol.dispose]();
  alarm.set(500);
  await clock.advance(1_000);
  assert.is(rings, 1);
  assert.is(clock.pendingCount, 0);
});

test.run();
