/** Finds the right manifest: asks peers, counts votes, and serves manifests to others. */
export { askManifest, askRoot } from './ask-peers.ts';
export type { StillReading } from './collect-answers.ts';
export { asRoot, haveSameFiles } from './content.ts';
export type { ContentChoice } from './disagreement.ts';
export { type Resolved, resolveManifest, type ResolveRequest } from './resolve.ts';
export { serveManifests } from './serve-manifest.ts';
