import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { canBeOvertaken, voteOnManifest } from '../../../app/core/manifests/manifest-vote.ts';

const answers = (text: string): { peerId: string; root: string }[] =>
  text.split(' ').flatMap((pair) => {
    const [peerId, root] = pair.split('=');
    return peerId && root ? [{ peerId, root }] : [];
  });

test('the largest group wins, and only its peers give bytes', () => {
  assert.equal(voteOnManifest(answers('c=x a=x b=y')), { kind: 'winner', root: 'x', peers: ['a', 'c'] });
  assert.equal(voteOnManifest(answers('a=x')), { kind: 'winner', root: 'x', peers: ['a'] });
});

test('a tie tells who holds what, whoever answered first', () => {
  const groups = [
    { root: 'x', peers: ['a'] },
    { root: 'y', peers: ['b'] },
  ];
  assert.equal(voteOnManifest(answers('a=x b=y')), { kind: 'tie', groups });
  assert.equal(voteOnManifest(answers('b=y a=x')), { kind: 'tie', groups });
  assert.is(voteOnManifest(answers('a=x b=x c=y d=y e=z')).kind, 'tie');
});

test('a pin decides alone, however few have it', () => {
  const pinned = { pinnedRoot: 'y' };
  assert.equal(voteOnManifest(answers('a=x b=x c=y'), pinned), { kind: 'winner', root: 'y', peers: ['c'] });
  assert.equal(voteOnManifest(answers('a=x'), pinned), { kind: 'none', groups: [{ root: 'x', peers: ['a'] }] });
});

test('nobody is no winner', () => assert.equal(voteOnManifest([]), { kind: 'none', groups: [] }));

test('a peer has one vote, the last', () => {
  assert.equal(voteOnManifest(answers('a=x a=x a=y b=y c=x')).kind, 'winner');
  assert.equal(voteOnManifest(answers('a=x a=x b=y')).kind, 'tie');
});

test('whether answers to come could change the winner', () => {
  assert.ok(canBeOvertaken(answers('a=x'), 1), 'a tie is a change');
  assert.not.ok(canBeOvertaken(answers('a=x b=x'), 1));
  assert.ok(canBeOvertaken(answers('a=x b=x c=y'), 1));
  assert.not.ok(canBeOvertaken(answers('a=x b=x c=x d=y'), 1));
  assert.ok(canBeOvertaken([], 0));
});

test.run();
