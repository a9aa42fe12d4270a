import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  isCancellable,
  isPausable,
  isServable,
  next,
  operationEvents,
  operationKinds,
  type OperationEvent,
  type OperationState,
} from '../../../app/core/operations/table.ts';

/** Every cell that leads somewhere, told apart from the code: state, event, new state. */
const allowed: readonly (readonly [OperationState, OperationEvent, OperationState])[] = [
  ['Idle', 'queue', 'Queued'],
  ['Idle', 'verify', 'Verifying'],
  ['Idle', 'repair', 'Repairing'],
  ['Idle', 'install', 'Installing'],
  ['Idle', 'update', 'Updating'],
  ['Idle', 'stream', 'Streaming'],
  ['Idle', 'uninstall', 'Uninstalling'],
  ['Idle', 'remove', 'Removing'],
  ['Idle', 'play', 'Playing'],
  ['Queued', 'check-peers', 'CheckingPeers'],
  ['Queued', 'install', 'Installing'],
  ['Queued', 'update', 'Updating'],
  ['CheckingPeers', 'transfer', 'Downloading'],
  ['CheckingPeers', 'install', 'Installing'],
  ['CheckingPeers', 'update', 'Updating'],
  ['Downloading', 'check-peers', 'CheckingPeers'],
  ['Downloading', 'install', 'Installing'],
  ['Downloading', 'update', 'Updating'],
  ...operationKinds.map((kind) => [kind, 'end', 'Idle'] as const),
];

test('every cell of the operation table leads where it should, and every other one nowhere', () => {
  for (const state of ['Idle', ...operationKinds] as const) {
    for (const event of operationEvents) {
      const cell = allowed.find(([from, what]) => from === state && what === event);
      assert.is(next(state, event), cell?.[2], `${state} × ${event}`);
    }
  }
});

test('only downloads are cancelled or paused', () => {
  const cancellable = operationKinds.filter(isCancellable);
  assert.equal(cancellable, ['Queued', 'CheckingPeers', 'Downloading', 'Streaming']);
  assert.equal(operationKinds.filter(isPausable), ['Queued', 'CheckingPeers', 'Downloading']);
});

test('a game is served whatever happens to it, but not while it is removed or repaired', () => {
  assert.ok(isServable(undefined));
  assert.equal(
    operationKinds.filter((kind) => !isServable(kind)),
    ['Repairing', 'Removing'],
  );
});

test.run();
