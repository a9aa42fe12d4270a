import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseGameId } from '../../../app/core/base/index.ts';
import { playersOf } from '../../../app/core/operations/games-view.ts';
import type { Peer } from '../../../app/core/peers/index.ts';
import { operationsLab } from '../../support/operations-lab.ts';

const quake = parseGameId('quake');
const peer = (peerId: string, name: string, ...playing: string[]): Peer => ({
  peerId,
  name,
  addresses: [],
  lane: undefined,
  remoteHosts: [],
  transport: 'quic',
  games: new Map(),
  libraryRevision: 1,
  playing: playing.map(parseGameId),
});

test('who plays a game is told by name, equal names by their ids', () => {
  const peers = [peer('3', 'nas', 'quake'), peer('2', 'seat', 'doom', 'quake'), peer('1', 'seat', 'quake')];
  assert.equal(
    playersOf(quake, peers).map(({ peerId, name }) => `${name} ${peerId}`),
    ['nas 3', 'seat 1', 'seat 2'],
  );
  assert.equal(playersOf(quake, [peer('4', 'idle'), peer('5', 'other', 'doom')]), []);
});

test('a game that nobody plays says nothing of it', () => {
  const lab = operationsLab(['quake']);
  const view = lab.operations.snapshot.get(quake);
  assert.ok(view && !('playedBy' in view));
  assert.equal(lab.operations.playing(), []);
});

test.run();
