export * from './framing.ts';
export * from './library-digest.ts';
export * from './limits.ts';
export * from './manifest.ts';
export * from './messages.ts';
export { cleanName } from './shown-text.ts';
