import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { decide, type SessionEvent, type SessionState } from '../../../../app/core/peers/session/session-state.ts';
import { SeededRandom } from '../../../support/random.ts';

const absent: SessionState = { kind: 'absent' };
const open = (...links: string[]): SessionState => ({ kind: 'open', instance: 'run 1', links });
const hello = (link: string, instance = 'run 1'): SessionEvent => ({ kind: 'greeted', link, instance });

test('the first Hello opens a session', () => {
  assert.equal(decide(absent, hello('a')), { state: open('a'), closes: [], opened: true });
});

test('two connections that cross carry one session', () => {
  const decision = decide(open('a'), hello('b'));
  assert.equal(decision, { state: open('a', 'b'), closes: [] });
});

test('a Hello over a connection that is there already changes nothing of the connections', () => {
  assert.equal(decide(open('a', 'b'), hello('a')), { state: open('a', 'b'), closes: [] });
});

test('only the side with the lower id closes the older one of two connections', () => {
  assert.equal(decide(open('a', 'b'), { kind: 'tidy', isOwnIdLower: true }), { state: open('b'), closes: ['a'] });
  assert.equal(decide(open('a', 'b'), { kind: 'tidy', isOwnIdLower: false }), { state: open('a', 'b'), closes: [] });
});

test('the session outlives one of its connections and ends with the last', () => {
  const first = decide(open('a', 'b'), { kind: 'link-closed', link: 'b' });
  assert.equal(first, { state: open('a'), closes: [] });
  assert.equal(decide(first.state, { kind: 'link-closed', link: 'a' }), { state: absent, closes: [], lost: 'closed' });
});

test('a peer that was started anew gets a new session, and the old connections go', () => {
  assert.equal(decide(open('a', 'b'), hello('c', 'run 2')), {
    state: { kind: 'open', instance: 'run 2', links: ['c'] },
    closes: ['a', 'b'],
    lost: 'closed',
    opened: true,
  });
});

test('a goodbye or silence ends the session and every connection', () => {
  for (const reason of ['goodbye', 'timeout'] as const)
    assert.equal(decide(open('a', 'b'), { kind: 'ended', reason }), {
      state: absent,
      closes: ['a', 'b'],
      lost: reason,
    });
});

test('where there is no session nothing can end', () => {
  for (const event of [
    { kind: 'link-closed', link: 'a' },
    { kind: 'ended', reason: 'goodbye' },
    { kind: 'tidy', isOwnIdLower: true },
  ] as const)
    assert.equal(decide(absent, event), { state: absent, closes: [] });
});

test('a peer that says Hello over ever more connections keeps the newest few', () => {
  let state: SessionState = absent;
  const closed: string[] = [];
  for (let at = 0; at < 100; at += 1) {
    const decision = decide(state, hello(`link ${at}`));
    state = decision.state;
    closed.push(...decision.closes);
  }
  assert.equal(state, open(...Array.from({ length: 8 }, (_, at) => `link ${92 + at}`)));
  assert.is(closed.length, 92);
  assert.is(closed[0], 'link 0');
});

/** Two nodes, any number of dials from both sides, Hellos and closes arriving in any order: they always agree. */
test('whatever crosses on the way, both sides end up with the same single connection', () => {
  for (let seed = 0; seed < 500; seed += 1) {
    const random = new SeededRandom(seed);
    const sides: [SessionState, SessionState] = [absent, absent];
    const closed = new Set<string>();
    const dials = Array.from({ length: 1 + random.below(4) }, (_, at) => `link ${at}`);
    const apply = (side: 0 | 1, event: SessionEvent): void => {
      const { state, closes } = decide(sides[side], event);
      sides[side] = state;
      for (const link of closes) {
        closed.add(link);
        // The other side sees it close.
        const other = side === 0 ? 1 : 0;
        sides[other] = decide(sides[other], { kind: 'link-closed', link }).state;
      }
    };
    const pending = dials.flatMap((link) => [
      { link, side: 0 as const },
      { link, side: 1 as const },
    ]);
    while (pending.length > 0) {
      const [next] = pending.splice(random.below(pending.length), 1);
      if (next) apply(next.side, { kind: 'greeted', link: next.link, instance: `run of ${1 - next.side}` });
    }
    apply(0, { kind: 'tidy', isOwnIdLower: true });
    apply(1, { kind: 'tidy', isOwnIdLower: false });
    const [lower, higher] = sides;
    assert.ok(lower.kind === 'open' && higher.kind === 'open', `seed ${seed}: both have a session`);
    if (lower.kind !== 'open' || higher.kind !== 'open') return;
    assert.equal(lower.links, higher.links, `seed ${seed}`);
    assert.is(lower.links.length, 1);
    assert.is(closed.size, dials.length - 1);
  }
});

test.run();
