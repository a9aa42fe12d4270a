/** Decides which peers get uploads now, and how fast: one account for every lane. */
export { wordsForStrangers } from './stranger-words.ts';
export type { UploadLimits, Uploads } from './types.ts';
export { UploadGovernor } from './upload-governor.ts';
export { takeBytes, takePlace, uploadWaitLimitMs } from './upload-turn.ts';
