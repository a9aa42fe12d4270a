import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { coverArt } from '../../../app/ui/game/cover-art.ts';
import { moreActions } from '../../../app/ui/screens/game/more-actions.ts';
import { quarterReached } from '../../../app/ui/frame/quarters.ts';
import { sparkline } from '../../../app/ui/components/sparkline.ts';
import { gameView } from './game-view.ts';

test('a made cover is the same for the same title and differs between titles', () => {
  assert.equal(coverArt('Hover Tank Rally'), coverArt(' hover tank rally'));
  const many = new Set(Array.from({ length: 500 }, (_, index) => JSON.stringify(coverArt(`Game ${index}`))));
  assert.ok(many.size > 480, `${many.size} of 500`);
});

test('a line of speeds spans the width, highest at the top', () => {
  const { line, area } = sparkline([0, 50, 100], { width: 100, height: 50, points: 10 });
  assert.is(line, 'M0.0 50.0L50.0 27.3L100.0 4.5');
  assert.ok(area.endsWith('L100 50L0 50Z'));
  assert.equal(sparkline([], { width: 100, height: 50, points: 10 }), { line: '', area: '' });
});

test('progress is announced once per quarter', () => {
  assert.equal(
    [quarterReached(24), quarterReached(26), quarterReached(49, 25), quarterReached(100, 75)],
    [undefined, 25, undefined, 100],
  );
});

test('beside the button stands what makes sense in the state', () => {
  assert.equal(moreActions(gameView({ peerCount: 1 })), ['getOnly', 'stream']);
  assert.equal(moreActions(gameView({})), []);
  assert.equal(moreActions(gameView({ downloaded: true })), ['reveal', 'verify', 'repair', 'remove']);
  assert.equal(moreActions(gameView({ downloaded: true, installed: true })), [
    'reveal',
    'verify',
    'repair',
    'uninstall',
  ]);
  assert.equal(moreActions(gameView({ resumable: { bytes: 1, totalBytes: 2 }, peerCount: 1 })), ['discard']);
  assert.equal(moreActions(gameView({ operation: { kind: 'Downloading', startedAt: 0 } })), []);
});

test.run();
