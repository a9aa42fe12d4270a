import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { type Announcement, type Discovery } from '../../../app/core/peers/index.ts';
import { until } from '../../support/eventually.ts';
import { diskFull } from '../../support/full-state-disk.ts';
import { gameOf, labNode } from '../../support/network-lab.ts';
import { MemoryLan } from '../../support/memory-discovery.ts';

test('a peer that is named while the node runs is reached, and once it is no more named it is not called again', async () => {
  await using node = await labNode();
  const ann = await labNode();
  node.network.setStaticPeers([ann.address()]);
  await until('connected', () => Promise.resolve(node.network.peers().length === 1));
  node.network.setStaticPeers([]);
  assert.is(node.network.peers().length, 1, 'who is connected stays');
  await ann.network.stop();
  await until('gone', () => Promise.resolve(node.network.peers().length === 0));
  assert.equal(
    node.log.filter(({ facts }) => String(facts['target'] ?? '').startsWith('static')),
    [],
  );
});

test('hosts are handed to the discovery, at its start and when they change', async () => {
  const lan = new MemoryLan();
  const asked: string[] = [];
  const discovery = (announcement: Announcement): Discovery => {
    const one: Discovery = lan.join(announcement);
    one.setStaticHosts = (hosts) => void asked.push(hosts.map(({ host, port }) => `${host}:${port}`).join());
    return one;
  };
  await using node = await labNode({ discovery, staticPeers: ['10.0.3.7', 'nonsense://'] });
  await until('the first are known', () => Promise.resolve(asked.includes('10.0.3.7:47624')));
  assert.ok(node.log.some(({ level, facts }) => level === 'warn' && facts['address'] === 'nonsense://'));
  node.network.setStaticPeers(['seed.example:9000']);
  assert.is(asked.at(-1), 'seed.example:9000');
});

test('a peer that cannot be remembered is a peer all the same, and is told what changes', async () => {
  await using ann = await labNode({ games: [gameOf('first')] });
  const knownPeers = {
    all: () => [],
    put: () => {
      throw diskFull();
    },
  };
  await using node = await labNode({ knownPeers, games: [gameOf('second')] });
  await node.network.connect(ann.address());
  await until('it is told of', () => node.events.some(({ kind }) => kind === 'connect'));
  assert.ok(node.log.some(({ level, message }) => level === 'warn' && message === 'a peer could not be remembered'));
  node.network.publish(node.library.change({ put: [gameOf('third')] }));
  await until('ann sees the change', () => ann.network.peers()[0]?.libraryRevision === 1);
});

test.run();
