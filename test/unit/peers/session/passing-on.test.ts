import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { isNear, whatToTell } from '../../../../app/core/peers/session/passing-on.ts';

const peer = (peerId: string) => ({ peerId, addresses: [`/ip4/10.0.0.1/tcp/1/p2p/${peerId}`] });
const peers = ['ann', 'bob', 'carl'].map(peer);
const idsFor = (to: string, discovered: readonly string[], told = new Map<string, string>()): string[] =>
  whatToTell(to, { peers, isDiscovered: (id) => discovered.includes(id), told }).map(({ id }) => id);

test('where discovery shows everybody, nobody is told anything', () => {
  assert.equal(idsFor('ann', ['ann', 'bob', 'carl']), []);
});

test('where discovery shows nobody, everybody is told of all the others, once', () => {
  assert.equal(idsFor('ann', []), ['bob', 'carl']);
  const told = new Map(
    whatToTell('ann', { peers, isDiscovered: () => false, told: new Map() }).map(({ id, addresses }) => [
      id,
      addresses.join(),
    ]),
  );
  assert.equal(idsFor('ann', [], told), []);
});

test('one that discovery does not show is told to those that it shows, and the other way round', () => {
  assert.equal(idsFor('ann', ['ann', 'bob']), ['carl']);
  assert.equal(idsFor('carl', ['ann', 'bob']), ['ann', 'bob']);
});

test('no more than 32 peers go into one message, and 8 addresses of each', () => {
  const many = Array.from({ length: 100 }, (_, at) => ({
    peerId: `peer ${at}`,
    addresses: Array.from({ length: 20 }, (_unused, port) => `/ip4/10.0.0.1/tcp/${port + 1}`),
  }));
  const news = whatToTell('ann', { peers: many, isDiscovered: () => false, told: new Map() });
  assert.is(news.length, 32);
  assert.ok(news.every(({ addresses }) => addresses.length === 8));
});

test('only private addresses, and those of the network that the teller is in, may be dialled', () => {
  for (const host of ['10.1.2.3', '172.16.0.1', '172.31.9.9', '192.168.0.9', '169.254.1.1', '100.64.0.1', 'fd00::1'])
    assert.ok(isNear(host, '10.0.0.1'), host);
  for (const host of ['8.8.8.8', '172.32.0.1', '127.0.0.1', '::1', '2001:db8::1', '100.128.0.1', undefined])
    assert.not(isNear(host, '10.0.0.1'), host);
  assert.ok(isNear('141.22.5.5', '141.22.9.9'), 'a university gives its PCs public addresses');
  assert.ok(isNear('127.0.0.1', '127.0.0.1'));
});

test.run();
