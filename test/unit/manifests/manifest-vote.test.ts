import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { Content } from '../../../app/core/manifests/content.ts';
import {
  commonCore,
  groupAnswers,
  isClear,
  votersOf,
  type Contender,
  type ContentGroup,
} from '../../../app/core/manifests/manifest-vote.ts';
import { fakeGame } from '../../support/fake-swarm.ts';

const mib = 1024 * 1024;

/** `a=x b=y`: who says what. */
const answers = (text: string): { peerId: string; root: string }[] =>
  text.split(' ').flatMap((pair) => {
    const [peerId, root] = pair.split('=');
    return peerId && root ? [{ peerId, root }] : [];
  });

/** `a=10.0.0.1 b=10.0.0.1,10.0.0.2`: who connects from where. */
const voters = (text: string): ReadonlyMap<string, string> =>
  votersOf(answers(text).map(({ peerId, root }) => ({ peerId, remoteHosts: root.split(',') })));

const everybody = voters('a=1.0.0.1 b=1.0.0.2 c=1.0.0.3 d=1.0.0.4 e=1.0.0.5 f=1.0.0.6');

const groupsOf = (text: string, who = everybody): ContentGroup[] => groupAnswers(answers(text), { voters: who });

test('the content of most PCs comes first, whoever answered first', () => {
  const groups = [
    { roots: ['x'], peers: ['a', 'c'], votes: 2 },
    { roots: ['y'], peers: ['b'], votes: 1 },
  ];
  assert.equal(groupsOf('b=y c=x a=x'), groups);
  assert.equal(groupsOf('a=x b=y c=x'), groups);
  assert.equal(groupsOf(''), []);
  assert.equal(groupsOf('a=x a=x a=y b=y')[0]?.peers, ['a', 'b'], 'the last answer counts, once');
});

test('peers that share an address have one vote, also by way of a third', () => {
  const evil = voters('a=10.0.0.1 b=10.0.0.2 x=10.0.0.9 y=10.0.0.9 z=10.0.0.9');
  const [first, second] = groupsOf('x=evil y=evil z=evil a=good b=good', evil);
  assert.equal([first?.roots, first?.votes], [['good'], 2]);
  assert.equal([second?.peers.length, second?.votes], [3, 1]);
  const bridged = voters('x=10.0.0.7 y=10.0.0.8 z=10.0.0.7,10.0.0.8');
  assert.is(groupsOf('x=evil y=evil z=evil', bridged)[0]?.votes, 1);
});

test('of IPv6 the network votes, and an IPv4 address in its clothes is itself', () => {
  const votes = (text: string): number => new Set(voters(text).values()).size;
  assert.is(votes('a=fd00:1:2:3::1 b=fd00:1:2:3:ffff::2 c=FD00:0001:2:3:0:0:0:9'), 1);
  assert.is(votes('a=fd00:1:2:3::1 b=fd00:1:2:4::1'), 2);
  assert.is(votes('a=fe80::1%eth0 b=fe80::2%eth1'), 1);
  assert.is(votes('a=::ffff:10.0.0.1 b=10.0.0.1'), 1);
  assert.is(votes('a=::1 b=127.0.0.1'), 2);
});

test('a few PCs that agree are enough only where nobody says anything else', () => {
  assert.ok(isClear(groupsOf('a=x'), 0));
  assert.ok(isClear(groupsOf('a=x b=x'), 0));
  assert.not.ok(isClear(groupsOf('a=x'), 1));
  assert.not.ok(isClear(groupsOf('a=x b=x c=y'), 0));
  assert.not.ok(isClear([], 0));
});

test('many against few need not be asked about', () => {
  assert.ok(isClear(groupsOf('a=x b=x c=x d=y'), 0));
  assert.not.ok(isClear(groupsOf('a=x b=x c=x d=y'), 1));
  assert.not.ok(isClear(groupsOf('a=x b=x c=x d=y e=z'), 0));
  assert.ok(isClear(groupsOf('a=x b=x c=x'), 1));
  assert.not.ok(isClear(groupsOf('a=x b=x'), 1), 'the one who is still reading may say something else');
});

const contender = (content: Record<string, Buffer>): Contender => ({
  group: { roots: [''], peers: [], votes: 1 },
  content: new Content(fakeGame(content).hashed.manifest),
});
const game = { 'saga.eti': Buffer.alloc(3 * mib, 1), 'data/a.bin': Buffer.alloc(100, 2) };
const whole = contender(game);
const withLog = contender({ ...game, 'setup.log': Buffer.alloc(5_000, 3) });
const withNote = contender({ ...game, 'note.txt': Buffer.alloc(50, 4) });
const otherByte = contender({ ...game, 'data/a.bin': Buffer.alloc(100, 9) });
const half = contender({ 'data/a.bin': game['data/a.bin'] });

test('what all have beside a few stray files is the game', () => {
  assert.is(commonCore([withLog, whole, withNote]), whole);
  assert.is(commonCore([whole, withLog]), whole);
});

test('other bytes, or files that only one of both has on each side, are no stray files', () => {
  assert.is(commonCore([whole, otherByte]), undefined);
  assert.is(commonCore([withLog, withNote]), undefined);
  assert.is(commonCore([withLog, otherByte]), undefined);
});

test('half a copy is within the whole and does not win', () => {
  assert.is(commonCore([half, whole]), undefined, 'it lacks too much');
  const { sizeBytes } = whole.content;
  assert.is(commonCore([half, whole], { sizeBytes }), undefined);
  assert.is(commonCore([withLog, whole], { sizeBytes }), whole);
  assert.is(commonCore([withLog, whole], { sizeBytes: withLog.content.sizeBytes }), undefined, 'the log is wanted');
});

test.run();
