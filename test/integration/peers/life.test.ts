import { spawn, type ChildProcess } from 'node:child_process';
import { once as onceEmitted } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { z } from 'zod';
import { type Announcement } from '../../../app/core/peers/index.ts';
import { protocols } from '../../../app/core/protocol/index.ts';
import { until } from '../../support/eventually.ts';
import { codeOf, gameOf, labNode, next, type LabNode } from '../../support/network-lab.ts';
import { rawPeer, validHello } from '../../support/raw-peer.ts';
import { tempDir } from '../../support/temp.ts';
import { MemoryLan } from '../../support/memory-discovery.ts';
import { firstTransport, transports } from '../../support/transports.ts';

const childPath = fileURLToPath(new URL('network-child.ts', import.meta.url));
const childSchema = z.object({ peerId: z.string(), addresses: z.array(z.string()) });

async function startChild(...args: string[]) {
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', childPath, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines = createInterface({ input: child.stdout });
  const [line]: string[] = await onceEmitted(lines, 'line');
  const told = childSchema.parse(JSON.parse(line ?? ''));
  return { child, ...told, [Symbol.asyncDispose]: async () => await kill(child) };
}

async function kill(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = onceEmitted(child, 'exit');
  child.kill('SIGKILL');
  await gone;
}

for (const transport of transports) {
  test(`a peer that stops is lost with a goodbye at once, and stopping takes under a second (${transport})`, async () => {
    await using ann = await labNode();
    await using bob = await labNode();
    await bob.network.connect(ann.address(transport));
    await until('both have a session', () => ann.network.peers().length === 1);
    const started = performance.now();
    const lost = next(bob.network.onDidLose);
    await ann.network.stop();
    const stopMs = performance.now() - started;
    assert.is((await lost).reason, 'goodbye');
    assert.ok(stopMs < 1_000, `stop took ${Math.round(stopMs)} ms`);
    assert.ok(performance.now() - started < 1_000);
    assert.equal(bob.network.peers(), []);
    assert.equal(bob.trusted.at(-1), [ann.network.peerId, undefined], 'its byte lane is trusted no more');
  });

  test(`a killed peer is lost within 13 s (${transport})`, async () => {
    await using ann = await labNode();
    await using child = await startChild('live', ann.address(transport));
    await until('the child is there', () => ann.network.peers().length === 1);
    const lost = next(ann.network.onDidLose, () => true, 20_000);
    const started = performance.now();
    await kill(child.child);
    const { peerId, reason } = await lost;
    const elapsedMs = performance.now() - started;
    assert.is(peerId, child.peerId);
    // TCP tells by itself that the process is gone, QUIC falls silent.
    assert.is(reason, transport === 'tcp' ? 'closed' : 'timeout');
    assert.ok(elapsedMs < 13_000, `it took ${Math.round(elapsedMs)} ms`);
    assert.is(await codeOf(ann.network.open(child.peerId, protocols.game)), 'PEER_GONE');
  });
}

test('a peer whose process stands still is lost within 13 s also over TCP, and comes back when it runs again', async () => {
  if (process.platform === 'win32') return;
  await using ann = await labNode();
  await using child = await startChild('live');
  const [address = ''] = child.addresses.filter((text) => text.includes('/tcp/'));
  await ann.network.connect(address);
  const lost = next(ann.network.onDidLose, () => true, 20_000);
  child.child.kill('SIGSTOP');
  const started = performance.now();
  const { reason } = await lost;
  assert.is(reason, 'timeout');
  assert.ok(performance.now() - started < 13_000);
  child.child.kill('SIGCONT');
  assert.is(await ann.network.connect(address), child.peerId);
});

test('a quiet session lives on, and bytes of the byte lane count as life', async () => {
  await using ann = await labNode();
  await using mallory = await rawPeer();
  // It says Hello and then never answers anything.
  const hello = await mallory.hello(await mallory.dial(ann.address(firstTransport)), validHello());
  await hello.readBytes(4);
  await until('there is a session', () => ann.network.peers().length === 1);
  await using bob = await labNode();
  await bob.network.connect(ann.address(firstTransport));
  const started = performance.now();
  const alive = setInterval(() => ann.network.markAlive(mallory.peerId), 1_000);
  try {
    await until('14 s have passed', () => performance.now() - started > 14_000, { limitMs: 20_000 });
    assert.equal(
      ann.events.filter(({ kind }) => kind === 'lose'),
      [],
    );
    assert.equal(
      bob.events.filter(({ kind }) => kind === 'lose'),
      [],
    );
  } finally {
    clearInterval(alive);
  }
  const lost = next(ann.network.onDidLose, () => true, 20_000);
  assert.equal(await lost, { peerId: mallory.peerId, name: 'Mallory', reason: 'timeout' });
  assert.equal(
    ann.network.peers().map(({ peerId }) => peerId),
    [bob.network.peerId],
  );
});

test('a stream under way ends with PEER_GONE when its peer goes, and a handler hears it by its signal', async () => {
  await using ann = await labNode();
  await using bob = await labNode();
  const peerId = await bob.network.connect(ann.address(firstTransport));
  const heard = Promise.withResolvers<void>();
  const serving = Promise.withResolvers<void>();
  bob.network.handle('/test/wait', async (stream, { signal }) => {
    signal.addEventListener('abort', () => heard.resolve());
    serving.resolve();
    await stream.readSome(1);
  });
  await until('ann has a session', () => ann.network.peers().length === 1);
  const stream = await bob.network.open(peerId, protocols.hello);
  const reading = codeOf(stream.readSome(1));
  await ann.network.open(bob.network.peerId, '/test/wait');
  await serving.promise;
  await ann.network.stop();
  assert.is(await reading, 'PEER_GONE');
  await heard.promise;
  assert.is(await codeOf(bob.network.open(peerId, '/test/wait')), 'PEER_GONE');
});

test('a process ends by itself once its network has stopped', async () => {
  await using ann = await labNode();
  for (const transport of transports) {
    await using child = await startChild('stop', ann.address(transport));
    const started = performance.now();
    if (child.child.exitCode === null) await onceEmitted(child.child, 'exit', { signal: AbortSignal.timeout(10_000) });
    assert.is(child.child.exitCode, 0);
    assert.ok(performance.now() - started < 3_000, 'soon');
  }
});

test('a static peer is called again after it was lost, also when nobody told its identity beforehand', async () => {
  await using mallory = await rawPeer();
  let calls = 0;
  await mallory.serve(protocols.hello, async (stream) => {
    calls += 1;
    await stream.readFrame();
    await stream.writeMessage(validHello());
    await stream.close();
  });
  const bare = mallory.address('tcp').replace(/\/p2p\/.*/, '');
  await using bob = await labNode({ staticPeers: [bare, 'nonsense://'] });
  await until('connected', () => bob.network.peers().length === 1);
  assert.ok(bob.log.some(({ level, facts }) => level === 'warn' && facts['address'] === 'nonsense://'));
  const lost = next(bob.network.onDidLose);
  for (const connection of mallory.node.getConnections()) connection.abort(new Error('the cable is out'));
  assert.is((await lost).reason, 'closed');
  await until('connected again', () => bob.network.peers().length === 1);
  assert.is(calls, 2);
});

test('who was there last time is called at start', async () => {
  await using ann = await labNode();
  const { peerId } = ann.network;
  const known = { peerId, name: 'Ann', addresses: [...ann.network.addresses()], lastSeenAt: Date.now() };
  await using bob = await labNode({ knownPeers: { all: () => [known], put: () => undefined } });
  await until('connected', () => bob.network.peers().length === 1);
});

const join =
  (lan: MemoryLan) =>
  (announcement: Announcement): ReturnType<MemoryLan['join']> =>
    lan.join(announcement, { address: '127.0.0.1' });

const ids = (node: LabNode): string[] => node.network.peers().map(({ peerId }) => peerId);

test('peers that discovery finds get connected by themselves, each pair once', async () => {
  const lan = new MemoryLan();
  await using ann = await labNode({ discovery: join(lan), games: [gameOf('anns')] });
  await using bob = await labNode({ discovery: join(lan) });
  await using carl = await labNode({ discovery: join(lan), useQuic: false });
  const nodes = [ann, bob, carl];
  await until('everybody sees everybody', () => nodes.every((node) => node.network.peers().length === 2));
  for (const node of nodes) {
    assert.is(node.events.filter(({ kind }) => kind === 'connect').length, 2);
    assert.is(node.events.filter(({ kind }) => kind === 'discover').length, 2);
  }
  assert.is(bob.network.get(ann.network.peerId)?.transport, firstTransport);
  assert.is(bob.network.get(carl.network.peerId)?.transport, 'tcp');
  const lost = next(bob.network.onDidLose);
  await ann.network.stop();
  assert.equal(await lost, { peerId: ann.network.peerId, name: 'a PC', reason: 'goodbye' });
  assert.equal(ids(bob), [carl.network.peerId]);
});

test('a peer that comes back on other ports is found and connected again', async () => {
  const lan = new MemoryLan();
  await using directory = await tempDir('back');
  await using bob = await labNode({ discovery: join(lan) });
  const before = await labNode({ discovery: join(lan), stateDir: directory.path });
  await until('connected', () => bob.network.peers().length === 1);
  await before.network.stop();
  await until('lost', () => bob.network.peers().length === 0);
  await using after = await labNode({ discovery: join(lan), stateDir: directory.path, name: 'back again' });
  await until('connected again', () => bob.network.peers()[0]?.name === 'back again');
  assert.equal(ids(bob), [after.network.peerId]);
  assert.is(after.network.peerId, before.network.peerId);
});

test('an announced peer of another version is listed and never called', async () => {
  const lan = new MemoryLan();
  await using mallory = await rawPeer();
  let calls = 0;
  await mallory.serve(protocols.hello, async () => void (calls += 1));
  const [, port = ''] = /\/tcp\/(\d+)/.exec(mallory.address('tcp')) ?? [];
  const announcement = { peerId: mallory.peerId, name: 'Old', protocolVersion: 9, tcpPort: Number(port) };
  await using old = lan.join(announcement, { address: '127.0.0.1' });
  await old.start();
  await using ann = await labNode();
  await using bob = await labNode({ discovery: join(lan) });
  const told = () => bob.events.filter(({ kind }) => kind === 'incompatible');
  await until('it is told of', () => told().length === 1);
  old.update({ name: 'Old, renamed' });
  await until('and again when it announces something else', () => told().length === 2);
  assert.match(told()[0]?.reason ?? '', /version 9/);
  await bob.network.connect(ann.address());
  assert.is(calls, 0);
  assert.equal(
    bob.events.filter(({ kind }) => kind === 'discover'),
    [],
  );
});

test.run();
