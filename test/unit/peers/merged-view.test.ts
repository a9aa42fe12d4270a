import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { mergeOffers } from '../../../app/core/peers/merged-view.ts';
import type { Peer } from '../../../app/core/peers/types.ts';
import type { GameSummary } from '../../../app/core/protocol/index.ts';
import { gameOf } from '../../support/network-lab.ts';

const peer = (peerId: string, ...games: GameSummary[]): Peer => ({
  peerId,
  name: peerId,
  addresses: [],
  lane: undefined,
  remoteHosts: [],
  transport: 'quic',
  games: new Map(games.map((game) => [game.id, game])),
  libraryRevision: 1,
  playing: [],
});
const wanted = { id: gameOf('game').id, version: '2.0' };
const offer = (more: Partial<GameSummary>): GameSummary => gameOf('game', { version: '2.0', ...more });
const rootA = 'a'.repeat(64);
const rootB = 'b'.repeat(64);

test('only peers that have the wanted version whole are counted', () => {
  const merged = mergeOffers(wanted, [
    peer('ready', offer({})),
    peer('loading', offer({ availability: 'Partial', root: rootA })),
    peer('old', offer({ version: '1.0' })),
    peer('selfish', offer({ availability: 'LocalOnly' })),
    peer('without', gameOf('another', { version: '2.0' })),
  ]);
  assert.is(merged.peerCount, 1);
  const ids = (offers: readonly { peerId: string }[]) => offers.map(({ peerId }) => peerId);
  assert.equal(ids(merged.ready), ['ready']);
  assert.equal(ids(merged.partial), ['loading']);
  assert.equal(ids(merged.others), ['old']);
});

test('the best offer and the size come from the largest group of equal content', () => {
  const merged = mergeOffers(wanted, [
    peer('1', offer({ root: rootB, sizeBytes: 9 })),
    peer('2', offer({ root: rootA, sizeBytes: 5 })),
    peer('3', offer({ root: rootA, sizeBytes: 5 })),
  ]);
  assert.is(merged.best?.summary.root, rootA);
  assert.is(merged.sizeBytes, 5);
});

test('the order of the peers changes nothing', () => {
  const peers = [
    peer('3', offer({ root: rootA })),
    peer('1', offer({ root: rootB })),
    peer('2', offer({ root: rootA })),
  ];
  assert.equal(mergeOffers(wanted, peers), mergeOffers(wanted, peers.toReversed()));
});

test('while only partial copies are around, their size is known', () => {
  const merged = mergeOffers(wanted, [peer('1', offer({ availability: 'Partial', root: rootA, sizeBytes: 7 }))]);
  assert.is(merged.peerCount, 0);
  assert.is(merged.best, undefined);
  assert.is(merged.sizeBytes, 7);
});

test('a game that nobody has', () => {
  assert.equal(mergeOffers(wanted, []), {
    peerCount: 0,
    ready: [],
    partial: [],
    others: [],
    best: undefined,
    sizeBytes: undefined,
  });
});

test.run();
