/** The part of this folder that also runs in a browser: the second door, for code that the UI shares with the core. */
export * from './cancellation.ts';
export * from './error-details.ts';
export * from './errors.ts';
export * from './events.ts';
