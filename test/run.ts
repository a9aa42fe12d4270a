/**
 * Runs test files of the given suites, one process a file: `node test/run.ts unit integration [--only text] [--every]`.
 * `--every`: the crash suite tries every point in place of a sample.
 * What uvu alone lets pass counts as a failure here: a file without tests, one that forgot `.run()`, one that does not
 * end because something is left open, one over its time limit (then its whole process tree is killed).
 * The last line is always `N passed, N failed[, N skipped]`.
 */
import { spawn } from 'node:child_process';
import { existsSync, globSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { requirePinnedNode } from '../app/cli/pinned-node.mjs';
import { patience } from './support/patience.ts';
import { absentTests } from './windows/absent.ts';

requirePinnedNode();

interface Suite {
  limitMs: number;
  parallel: number;
}

/** Scenarios start several peers each and measure time, so they run alone. */
const suites: Record<string, Suite> = {
  unit: { limitMs: 60_000, parallel: availableParallelism() },
  integration: { limitMs: 120_000, parallel: availableParallelism() },
  crash: { limitMs: 240_000, parallel: availableParallelism() },
  scenarios: { limitMs: 240_000, parallel: 1 },
  setup: { limitMs: 600_000, parallel: 1 },
  e2e: { limitMs: 300_000, parallel: 1 },
  // Peers on Windows beside peers on Linux; by `npm run windows -- mixed` alone.
  mixed: { limitMs: 300_000, parallel: 1 },
};

/** How long a file may live on after its last test, in milliseconds. */
const lingerMs = 8_000;

interface Outcome {
  file: string;
  passed: number;
  failed: number;
  skipped: number;
  problem?: string;
  output: string;
  seconds: number;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const readableErrors = new URL('support/uvu-details.ts', import.meta.url).href;
const totals = /Total:\s+(\d+)\s+Passed:\s+(\d+)\s+Skipped:\s+(\d+)/g;

function runFile(file: string, { limitMs }: Suite): Promise<Outcome> {
  const started = performance.now();
  const { promise, resolve } = Promise.withResolvers<Outcome>();
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', '--import', readableErrors, file], {
    cwd: root,
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FORCE_COLOR: '0' },
  });
  let output = '';
  let problem: string | undefined;
  let linger: NodeJS.Timeout | undefined;
  const killTree = (): void => {
    if (child.pid === undefined) return;
    try {
      process.kill(process.platform === 'win32' ? child.pid : -child.pid, 'SIGKILL');
    } catch {
      // The group is gone already.
    }
  };
  const limit = setTimeout(() => {
    problem = `not done after ${limitMs / 1000} s`;
    killTree();
  }, limitMs);
  const collect = (chunk: Buffer): void => {
    output += chunk.toString();
    if (linger || !/Skipped:\s+\d+/.test(output)) return;
    linger = setTimeout(() => {
      problem = `still running ${lingerMs / 1000} s after its last test: something is left open`;
      killTree();
    }, lingerMs);
  };
  child.stdout.on('data', collect);
  child.stderr.on('data', collect);
  child.on('close', (exitCode, signal) => {
    clearTimeout(limit);
    clearTimeout(linger);
    killTree();
    const sums = [...output.matchAll(totals)].map((match) => match.slice(1).map(Number));
    const sum = (index: number): number => sums.reduce((total, numbers) => total + (numbers[index] ?? 0), 0);
    const [total, passed, skipped] = [sum(0), sum(1), sum(2)];
    if (!problem && exitCode !== 0) problem = `exited with ${exitCode ?? signal}`;
    if (!problem && total + skipped === 0) problem = 'ran no test (is `.run()` missing?)';
    const unmet = Math.max(0, total - passed);
    const failed = problem && unmet === 0 ? 1 : unmet;
    const seconds = (performance.now() - started) / 1000;
    resolve({ file, passed, failed, skipped, output, seconds, ...(problem && { problem }) });
  });
  return promise;
}

async function runSuite(name: string, only: string | undefined): Promise<Outcome[]> {
  const suite = suites[name];
  if (!suite) throw new Error(`There is no suite ${name}; there are ${Object.keys(suites).join(', ')}.`);
  const found = globSync(`test/${name}/**/*.test.ts`, { cwd: root });
  const files = found.map((file) => file.replaceAll(sep, '/')).sort();
  const waiting = files.filter((file) => !only || file.includes(only));
  const outcomes: Outcome[] = [];
  const worker = async (): Promise<void> => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const outcome = await runFile(file, suite);
      outcomes.push(outcome);
      report(outcome);
    }
  };
  await Promise.all(Array.from({ length: suite.parallel }, worker));
  return outcomes;
}

function report({ file, passed, failed, skipped, problem, output, seconds }: Outcome): void {
  const mark = failed > 0 ? '✗' : '✓';
  const extra = skipped > 0 ? `, ${skipped} skipped` : '';
  console.log(`${mark} ${file.slice('test/'.length)}  ${passed} passed${extra}  ${seconds.toFixed(1)} s`);
  // What was left out, and how many steps there were to break at.
  for (const line of output.matchAll(/(?:^SKIP|STEPS) .*$/gm)) console.log(`    ${line[0]}`);
  if (failed === 0) return;
  if (problem) console.log(`    ${file} ${problem}`);
  console.log(output.replaceAll(/^/gm, '    '));
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { only: { type: 'string' }, every: { type: 'boolean' } },
});
for (const suite of Object.values(suites)) suite.limitMs *= patience;
// Kills at every point there is take their time.
const everyLimitMs = 4 * 3_600_000;
if (values.every) {
  process.env['LANSPREAD_CRASH'] = 'every';
  for (const suite of Object.values(suites)) suite.limitMs = everyLimitMs;
}
// Whole stories are told with what users start.
if (positionals.some((name) => name === 'scenarios' || name === 'e2e'))
  await (await import('../build/program.ts')).refreshProgram();
for (const { file, test } of absentTests)
  if (!existsSync(join(root, 'test', `${file}.test.ts`)))
    throw new Error(`test/windows/absent.ts lists ${JSON.stringify(test)} of ${file}, which is not there.`);
const outcomes: Outcome[] = [];
for (const name of positionals.length > 0 ? positionals : ['unit'])
  outcomes.push(...(await runSuite(name, values.only)));

const sum = (key: 'passed' | 'failed' | 'skipped'): number =>
  outcomes.reduce((total, outcome) => total + outcome[key], 0);
const failing = outcomes.filter(({ failed }) => failed > 0).map(({ file }) => file);
if (failing.length > 0) console.log(`failing: ${failing.join(', ')}`);
const nothing = outcomes.length === 0 ? 1 : 0;
if (nothing) console.log('no test file was found');
const skippedText = sum('skipped') > 0 ? `, ${sum('skipped')} skipped` : '';
console.log(`${sum('passed')} passed, ${sum('failed') + nothing} failed${skippedText}`);
process.exitCode = sum('failed') + nothing > 0 ? 1 : 0;
