/** Which manifest is the right one: asked of peers, put to the vote, served to others. */
export { askRoot, type Resolved, resolveManifest, type ResolveRequest } from './resolve.ts';
export { serveManifests } from './serve-manifest.ts';
