/** The part of this folder that runs in a browser, too: the second door, for what the UI shares with the core. */
export * from './cancellation.ts';
export * from './error-details.ts';
export * from './errors.ts';
export * from './events.ts';
