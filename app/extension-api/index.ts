/**
 * What an extension for Lanspread is written against. Types, and one class for errors that the launcher understands.
 *
 * An extension is a module that exports `activate` (and `deactivate`, if it has something to put away). It runs in a
 * process of its own with no network, no programs and no files but its own folder; everything else is asked of the host
 * through what `activate` and each call are given.
 */
export * from './archive-error.ts';
export type * from './archive.ts';
export type * from './call.ts';
export type * from './catalog.ts';
export type * from './context.ts';
export type * from './tools.ts';
export type * from './unpacker.ts';
