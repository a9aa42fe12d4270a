/** What the owner of a network hears when a part of it breaks down for real. */
import { Server } from 'node:net';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError } from '../../../app/core/base/index.ts';
import { type Announcement, type Discovery } from '../../../app/core/peers/index.ts';
import { until } from '../../support/eventually.ts';
import { labNode } from '../../support/network-lab.ts';
import { MemoryLan, type MemoryDiscovery } from '../../support/memory-discovery.ts';

/** The listening TCP servers of this process, from Node's own list. */
function listeningServers(): Server[] {
  const list: unknown = Reflect.get(process, '_getActiveHandles');
  if (typeof list !== 'function') throw new Error('this Node does not tell its handles');
  const handles: unknown = list.call(process);
  if (!Array.isArray(handles)) throw new Error('this Node does not tell its handles');
  return handles.filter((handle) => handle instanceof Server && handle.listening);
}

test('a control listener that closes by itself is a failure, at once', async () => {
  await using node = await labNode();
  const ending = new AbortController();
  const watched = node.network.watchListeners(ending.signal).then(
    () => undefined,
    (error: unknown) => error,
  );
  const servers = listeningServers();
  assert.ok(servers.length > 0);
  for (const server of servers) server.close();
  const error = await watched;
  assert.ok(error instanceof LanspreadError && error.code === 'IO_ERROR', String(error));
  ending.abort();
});

test('the end of the network is no failure of its listeners', async () => {
  const node = await labNode();
  const ending = new AbortController();
  let outcome = 'goes on';
  const watched = node.network.watchListeners(ending.signal).then(
    () => (outcome = 'ended'),
    () => (outcome = 'failed'),
  );
  await node[Symbol.asyncDispose]();
  assert.is(outcome, 'goes on');
  ending.abort();
  await watched;
  assert.is(outcome, 'ended');
});

test('a discovery that breaks down rejects and is stopped; another one finds the others again', async () => {
  const lan = new MemoryLan();
  const made: MemoryDiscovery[] = [];
  await using other = await labNode({ discovery: (announcement) => lan.join(announcement, { address: '127.0.0.1' }) });
  const discovery = (announcement: Announcement): MemoryDiscovery => {
    const one = lan.join(announcement, { address: '127.0.0.1' });
    made.push(one);
    return one;
  };
  await using node = await labNode({ discovery, ownsDiscovery: true });
  const ending = new AbortController();
  const found = (): number => node.events.filter(({ kind }) => kind === 'discover').length;
  const first = node.network.discover(ending.signal).catch((error: unknown) => error);
  await until('the other one is found', () => Promise.resolve(found() === 1));
  await until('they are connected', () => Promise.resolve(node.network.get(other.network.peerId) !== undefined));

  const broken = new Error('the sockets are gone');
  made[0]?.fail(broken);
  assert.is(await first, broken);
  assert.equal(made[0]?.interfaces(), [], 'it was stopped');
  assert.ok(node.network.get(other.network.peerId), 'who is connected stays');

  const second = node.network.discover(ending.signal);
  await until('the other one is found again', () => Promise.resolve(found() === 2));
  assert.is(made.length, 2);
  ending.abort();
  await second;
  assert.equal(made[1]?.interfaces(), []);
});

test('a discovery that cannot start rejects, and its successor may', async () => {
  const lan = new MemoryLan();
  let attempts = 0;
  const discovery = (announcement: Announcement): Discovery => {
    const one = lan.join(announcement, { address: '127.0.0.1' });
    attempts += 1;
    if (attempts === 1) one.start = () => Promise.reject(new Error('no socket to be had'));
    return one;
  };
  await using node = await labNode({ discovery, ownsDiscovery: true });
  const ending = new AbortController();
  await node.network.discover(ending.signal).then(
    () => assert.unreachable(),
    (error: unknown) => assert.match(String(error), 'no socket to be had'),
  );
  await using other = await labNode({ discovery: (announcement) => lan.join(announcement, { address: '127.0.0.1' }) });
  const second = node.network.discover(ending.signal);
  await until('they are connected', () => Promise.resolve(node.network.get(other.network.peerId) !== undefined));
  ending.abort();
  await second;
});

test.run();
