import type { FileIdentity } from '../state/index.ts';
import { contentKeyOf } from './look.ts';
import type { BuiltManifest } from './manifest-builder.ts';
import type { Payload } from './payload.ts';
import type { HashedManifest } from './types.ts';

interface Adoption {
  /** The files whose hashes are known now. */
  readonly known: readonly (readonly [FileIdentity, readonly string[]])[];
  /** The manifest, if the disk holds exactly its files; undefined when files are missing, added or different. */
  readonly built: BuiltManifest | undefined;
}

/** Works out what a verified manifest says about the payload that was made from it. Pure. */
export function planAdoption(payload: Payload, hashed: HashedManifest): Adoption {
  const { manifest } = hashed;
  const expected = new Map(manifest.files.map(({ path, size, blocks }) => [path, { size, blocks }]));
  const known = payload.files.flatMap(({ path, identity }) => {
    const file = expected.get(path);
    return file?.size === identity.sizeBytes ? [[identity, file.blocks] as const] : [];
  });
  const isWhole =
    !payload.problem &&
    known.length === manifest.files.length &&
    known.length === payload.files.length &&
    payload.directories.join('\n') === manifest.directories.join('\n');
  const contentKey = contentKeyOf(payload, { text: manifest.sentinel, version: manifest.version });
  return { known, built: isWhole ? { hashed, contentKey } : undefined };
}
