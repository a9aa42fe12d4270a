export { acquireLock, type LockHolder, type LockOptions } from './lock.ts';
export { openState, type OpenedState, type OpenStateOptions } from './open-state.ts';
export { steppedState, type StateStepHooks } from './stepped-state.ts';
export type * from './types.ts';
