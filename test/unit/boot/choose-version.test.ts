import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { chooseVersion } from '../../../app/boot/choose-version.mjs';
import type { StartRecord } from '../../../app/boot/start-record.mjs';

const installed = ['0.2.0', '0.1.0'];
const nothing: StartRecord = { tries: [], copies: {}, refused: [] };
const tries = (...pids: number[]) => pids.map((pid) => ({ version: '0.2.0', pid }));
const refusal = { version: '0.2.0', startedInstead: '0.1.0', at: '2026-01-01T00:00:00Z' };

interface Case {
  readonly title: string;
  readonly record?: Partial<StartRecord>;
  readonly installed?: readonly string[];
  readonly alive?: readonly number[];
  readonly expected: ReturnType<typeof chooseVersion>;
}

const cases: readonly Case[] = [
  { title: 'a new version is tried', expected: { kind: 'start', version: '0.2.0', counts: true } },
  {
    title: 'the only version runs, however often it failed',
    installed: ['0.2.0'],
    record: { tries: tries(1, 2, 3) },
    expected: { kind: 'start', version: '0.2.0', counts: false },
  },
  {
    title: 'one failure is not enough',
    record: { proven: '0.1.0', tries: tries(1) },
    expected: { kind: 'start', version: '0.2.0', counts: true },
  },
  {
    title: 'two failures take it back',
    record: { proven: '0.1.0', tries: tries(1, 2) },
    expected: { kind: 'take-back', from: '0.2.0', to: '0.1.0' },
  },
  {
    title: 'a try that still runs has not failed, and nothing is taken back under it',
    record: { tries: tries(1, 2, 3) },
    alive: [3],
    expected: { kind: 'start', version: '0.2.0', counts: true },
  },
  {
    title: 'tries of another version do not count',
    record: { tries: [1, 2].map((pid) => ({ version: '0.1.9', pid })) },
    expected: { kind: 'start', version: '0.2.0', counts: true },
  },
  {
    title: 'a proven version stays',
    record: { proven: '0.2.0', tries: tries(1, 2) },
    expected: { kind: 'start', version: '0.2.0', counts: false },
  },
  {
    title: 'a refused version is left alone',
    record: { refused: [refusal] },
    expected: { kind: 'start', version: '0.1.0', counts: false },
  },
  {
    title: 'a newer one than the refused is tried',
    installed: ['0.3.0', '0.1.0'],
    record: { proven: '0.1.0', refused: [refusal] },
    expected: { kind: 'start', version: '0.3.0', counts: true },
  },
  {
    title: 'with every version refused the current one runs: there is nothing better',
    record: { refused: [refusal, { ...refusal, version: '0.1.0' }] },
    expected: { kind: 'start', version: '0.2.0', counts: false },
  },
  {
    title: 'what was begun is finished, whatever else is known',
    record: { takingBack: { from: '0.2.0', to: '0.1.0' } },
    expected: { kind: 'take-back', from: '0.2.0', to: '0.1.0' },
  },
  {
    title: 'a taking back to a version that is gone is not gone on with',
    installed: ['0.2.0'],
    record: { takingBack: { from: '0.2.0', to: '0.1.0' } },
    expected: { kind: 'start', version: '0.2.0', counts: false },
  },
  { title: 'nothing is installed', installed: [], expected: { kind: 'none' } },
];

const test = suite('choosing the version that starts');

for (const { title, record = {}, alive = [], expected, ...rest } of cases)
  test(title, () => {
    const facts = {
      installed: rest.installed ?? installed,
      record: { ...nothing, ...record },
      isAlive: (pid: number) => alive.includes(pid),
    };
    assert.equal(chooseVersion(facts), expected);
  });

test.run();
