/** Whether changes in the games folder can be seen as they happen, for `lanspread doctor`. */
export { whyNotWatchable } from '../library/index.ts';
