export { acquireLock } from './lock.ts';
export { wordsOf } from './search-words.ts';
export { openState, type OpenedState } from './open-state.ts';
export { peekState, type StatePeek } from './peek-state.ts';
export { Reserve } from './reserve.ts';
export type * from './types.ts';
