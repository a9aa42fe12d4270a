/**
 * The allowed order of operations for one game. Pure: `next` returns the new state, or undefined when the event does not fit
 * the state. A game has at most one active operation; `Idle` means that it has none.
 */
export const operationKinds = [
  'Queued',
  'CheckingPeers',
  'Downloading',
  'Verifying',
  'Repairing',
  'Installing',
  'Updating',
  'Streaming',
  'Uninstalling',
  'Removing',
  'Playing',
] as const;

export type OperationKind = (typeof operationKinds)[number];
export type OperationState = 'Idle' | OperationKind;

export const operationEvents = [
  'queue',
  'check-peers',
  'transfer',
  'verify',
  'repair',
  'install',
  'update',
  'stream',
  'uninstall',
  'remove',
  'play',
  'end',
] as const;

export type OperationEvent = (typeof operationEvents)[number];

const transitions: Record<OperationState, Partial<Record<OperationEvent, OperationState>>> = {
  Idle: {
    queue: 'Queued',
    verify: 'Verifying',
    repair: 'Repairing',
    install: 'Installing',
    update: 'Updating',
    stream: 'Streaming',
    uninstall: 'Uninstalling',
    remove: 'Removing',
    play: 'Playing',
  },
  Queued: { 'check-peers': 'CheckingPeers', install: 'Installing', update: 'Updating', end: 'Idle' },
  CheckingPeers: {
    transfer: 'Downloading',
    install: 'Installing',
    update: 'Updating',
    end: 'Idle',
  },
  Downloading: { 'check-peers': 'CheckingPeers', install: 'Installing', update: 'Updating', end: 'Idle' },
  Verifying: { end: 'Idle' },
  Repairing: { end: 'Idle' },
  Installing: { end: 'Idle' },
  Updating: { end: 'Idle' },
  Streaming: { end: 'Idle' },
  Uninstalling: { end: 'Idle' },
  Removing: { end: 'Idle' },
  Playing: { end: 'Idle' },
};

export function next(state: OperationState, event: OperationEvent): OperationState | undefined {
  return transitions[state][event];
}

/** The event that reports the failure of an operation, by the event that began it. Downloads and streams report more. */
export const failedEvents = {
  install: 'install-failed',
  update: 'update-failed',
  uninstall: 'uninstall-failed',
  remove: 'remove-failed',
  play: 'play-failed',
} as const;

/** Operations that `cancel` ends and discards. */
export function isCancellable(kind: OperationKind): boolean {
  return kind === 'Queued' || kind === 'CheckingPeers' || kind === 'Downloading' || kind === 'Streaming';
}

/** Operations that `pause` ends; verified blocks stay on the disk. */
export function isPausable(kind: OperationKind): boolean {
  return kind === 'Queued' || kind === 'CheckingPeers' || kind === 'Downloading';
}

/** Operations that cannot continue without the games folder. Operations that delete or play notice the loss themselves. */
export function needsDisk(kind: OperationKind): boolean {
  return kind !== 'Queued' && kind !== 'Uninstalling' && kind !== 'Removing' && kind !== 'Playing';
}

/** Whether this game's payload may be served meanwhile; the serve gate asks. */
export function isServable(kind: OperationKind | undefined): boolean {
  return kind !== 'Removing' && kind !== 'Repairing';
}
