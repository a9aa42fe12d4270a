/** The built-in `seven-zip` extension behind a host of its own, as the core has it. One process serves all tests of a file. */
import { fileURLToPath } from 'node:url';
import { silentLogger, nodeFileSystem, systemClock } from '../../app/core/base/index.ts';
import { createExtensionHost, readManifest, type ExtensionHost } from '../../app/core/extensions/index.ts';
import type { Unpacker } from '../../app/core/content/index.ts';

const directory = fileURLToPath(new URL('../../app/extensions/seven-zip', import.meta.url));
const manifest = await readManifest(nodeFileSystem, directory);

/** Stores nothing and counts nothing. */
export function sevenZipHost(): ExtensionHost {
  const host = createExtensionHost({
    storageOf: () => ({
      get: async () => undefined,
      set: async () => {},
      delete: async () => {},
      keys: async () => [],
    }),
    ledger: { count: () => 0, add() {}, disable() {} },
    clock: systemClock,
    logger: silentLogger,
  });
  host.set([{ id: manifest.id, manifest, directory, trust: 'built-in', granted: manifest.permissions, enabled: true }]);
  return host;
}

let shared: ExtensionHost | undefined;

/** For a file of tests: its process does not keep the file from ending. */
export function createSevenZipUnpacker(): Unpacker {
  shared ??= sevenZipHost();
  const [unpacker] = shared.unpackers();
  if (!unpacker) throw new Error('seven-zip contributes no unpacker');
  return unpacker;
}
