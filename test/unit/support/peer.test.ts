import { writeFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { HarnessLines, Refused } from '../../support/peer-lines.ts';
import { PeerProcess } from '../../support/peer.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';

/** A stand-in that speaks the contract, and on demand breaks it. */
const standIn = `
const say = (value) => process.stdout.write((typeof value === 'string' ? value : JSON.stringify(value)) + '\\n');
const at = new Date().toISOString();
process.stderr.write('a log line\\n');
say({ event: 'started', at, peerId: 'id-' + process.argv[process.argv.indexOf('--name') + 1], addresses: ['/ip4/127.0.0.1/tcp/1'] });
say({ event: 'local-ready', at });
let rest = '';
process.stdin.on('data', (chunk) => {
  const lines = (rest + chunk).split('\\n');
  rest = lines.pop();
  for (const line of lines) {
    const { id, command, params } = JSON.parse(line);
    if (command === 'echo') say({ id, result: { params, argv: process.argv.slice(2) } });
    if (command === 'refuse') say({ id, error: { code: 'NOT_IN_CATALOG', message: 'no' } });
    if (command === 'later') { say({ id, result: {} }); setTimeout(() => say({ event: 'ping', at, n: params.n }), 50); }
    if (command === 'noise') { say('a stray line'); say({ id, result: {} }); }
    if (command === 'twice') { say({ id, result: {} }); say({ id, result: {} }); say({ event: 'after', at }); }
    if (command === 'die') process.exit(7);
    if (command === 'quit') { say({ id, result: {} }); process.exit(0); }
  }
});
`;

async function startStandIn(temp: TempDir, name = 'anna'): Promise<PeerProcess> {
  const program = temp.join('stand-in.cjs');
  await writeFile(program, standIn);
  return PeerProcess.start({ name, gamesDir: temp.path, stateDir: temp.path, catalog: temp.join('c.json'), program });
}

async function failure(promise: Promise<unknown>): Promise<Error> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Error) return error;
  throw new Error('it should have failed');
}

test('a peer is started with its folders and answers commands by id', async () => {
  await using temp = await tempDir();
  await using peer = await startStandIn(temp);
  assert.is(peer.peerId, 'id-anna');
  assert.equal(peer.addresses, ['/ip4/127.0.0.1/tcp/1']);
  const [one, two] = await Promise.all([peer.command('echo', { n: 1 }), peer.command('echo', { n: 2 })]);
  assert.equal([one['params'], two['params']], [{ n: 1 }, { n: 2 }]);
  const argv = one['argv'] as string[];
  assert.equal(argv.slice(0, 2), ['peer', '--jsonl']);
  assert.ok(argv.includes('--no-discovery'));
  assert.match(peer.stderr, 'a log line');
});

test('a refusal carries its code', async () => {
  await using temp = await tempDir();
  await using peer = await startStandIn(temp);
  assert.is((await peer.refusal('refuse')).code, 'NOT_IN_CATALOG');
  assert.instance(await failure(peer.command('refuse')), Refused);
  assert.match((await failure(peer.refusal('echo'))).message, 'accepted echo');
});

test('an event is found when it comes later, when it is past, and not when it is before the mark', async () => {
  await using temp = await tempDir();
  await using peer = await startStandIn(temp);
  await peer.command('later', { n: 1 });
  await peer.waitFor('ping', ({ n }) => n === 1);
  await peer.waitFor('ping', ({ n }) => n === 1, { limitMs: 1 });
  const since = peer.mark();
  const missed = await failure(peer.waitFor('ping', undefined, { since, limitMs: 100 }));
  assert.match(missed.message, 'no ping within 0.1 s');
  await peer.command('later', { n: 2 });
  assert.is((await peer.waitFor('ping', undefined, { since }))['n'], 2);
});

test('anything but JSON on stdout fails what waits and stays a problem', async () => {
  await using temp = await tempDir();
  await using peer = await startStandIn(temp);
  assert.match((await failure(peer.command('noise'))).message, 'not JSON: a stray line');
  assert.match((await failure(peer.waitFor('ping'))).message, 'not JSON');
  assert.ok(peer.problems.length > 0);
});

test('a second answer to one command is a problem', async () => {
  await using temp = await tempDir();
  await using peer = await startStandIn(temp);
  await peer.command('twice');
  await failure(peer.waitFor('ping', undefined, { limitMs: 5_000 }));
  assert.match(peer.problems.join(), 'a second one');
});

test('the end of the process ends every wait at once', async () => {
  await using temp = await tempDir();
  await using peer = await startStandIn(temp);
  const waiting = failure(peer.waitFor('ping', undefined, { limitMs: 60_000 }));
  assert.match((await failure(peer.command('die'))).message, 'exited with 7');
  assert.match((await waiting).message, 'exited with 7');
  assert.not(peer.isRunning);
});

test('quit ends it with its exit code; kill ends it without one', async () => {
  await using temp = await tempDir();
  const peer = await startStandIn(temp);
  assert.is((await peer.quit()).exitCode, 0);
  const other = await startStandIn(temp, 'bela');
  const { processId } = other;
  await other.kill9();
  assert.throws(() => process.kill(processId, 0), /ESRCH/);
});

test('a program that does not start is told with what it said', async () => {
  await using temp = await tempDir();
  const program = temp.join('broken.cjs');
  await writeFile(program, 'console.error("no such thing"); process.exit(2)');
  const options = { name: 'anna', gamesDir: temp.path, stateDir: temp.path, catalog: temp.path, program };
  const { message } = await failure(PeerProcess.start(options));
  assert.match(message, 'exited with 2');
  assert.match(message, 'no such thing');
});

test('lines are put together from any pieces, and each breach of the contract is named', () => {
  const lines = new HarnessLines();
  const at = '2026-01-01';
  const text = `${JSON.stringify({ event: 'started', at })}\n${JSON.stringify({ event: 'naïve', at })}\n`;
  for (const letter of text) lines.push(letter);
  assert.equal(
    lines.events.map(({ event }) => event),
    ['started', 'naïve'],
  );
  assert.equal(lines.problems, []);
  lines.push('[1]\n{"event":"timeless"}\n{"id":1,"result":{}}\n{"half');
  lines.end(new Error('over'));
  assert.is(lines.problems.length, 4);
});

test.run();
