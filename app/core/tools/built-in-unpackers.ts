/** The unpackers that ship with Lanspread, for tools that run without a core. */
import { join } from 'node:path';
import { nodeFileSystem, silentLogger, systemClock } from '../base/index.ts';
import type { Unpacker } from '../content/index.ts';
import { createExtensionHost, readManifest } from '../extensions/index.ts';

interface BuiltInUnpackers extends AsyncDisposable {
  readonly unpackers: readonly Unpacker[];
}

/** `parents` hold an extension in each of their folders. Errors: `EXTENSION_INVALID`, file system. */
export async function openBuiltInUnpackers(parents: readonly string[]): Promise<BuiltInUnpackers> {
  const nothing = { get: async () => undefined, set: async () => {}, delete: async () => {}, keys: async () => [] };
  const host = createExtensionHost({
    storageOf: () => nothing,
    ledger: { count: () => 0, add() {}, disable() {} },
    clock: systemClock,
    logger: silentLogger,
  });
  const descriptions = [];
  for (const parent of parents)
    for (const { name, kind } of await nodeFileSystem.list(parent)) {
      if (kind !== 'directory') continue;
      const directory = join(parent, name);
      const manifest = await readManifest(nodeFileSystem, directory);
      const { id, permissions: granted } = manifest;
      descriptions.push({ id, manifest, directory, trust: 'built-in' as const, granted, enabled: true });
    }
  host.set(descriptions);
  return { unpackers: host.unpackers(), [Symbol.asyncDispose]: () => host[Symbol.asyncDispose]() };
}
