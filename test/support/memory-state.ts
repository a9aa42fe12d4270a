/** The library's two repositories in memory, for tests that need no database. */
import { dirname, resolve, sep } from 'node:path';
import type { BlockRepository, FileIdentity, LibraryRepository, LibraryRow } from '../../app/core/state/index.ts';

export interface MemoryState {
  readonly library: LibraryRepository;
  readonly blocks: BlockRepository;
}

export function memoryState(): MemoryState {
  return { library: memoryLibrary(), blocks: memoryBlocks() };
}

function memoryLibrary(): LibraryRepository {
  const rows = new Map<string, LibraryRow>();
  let revision = 0;
  return {
    get: (root) => rows.get(root),
    below: (gamesDir) => [...rows.values()].filter(({ root }) => dirname(root) === resolve(gamesDir)),
    put: (row) => void rows.set(row.root, row),
    remove: (root) => void rows.delete(root),
    setInstalledVersion(root, gameId, installedVersion) {
      const none = { version: undefined, sizeBytes: 0, fingerprint: '', manifestRoot: undefined, revision: 0 };
      rows.set(root, { ...none, ...rows.get(root), root, gameId, installedVersion });
    },
    nextRevision: () => (revision += 1),
    revision: () => revision,
  };
}

function memoryBlocks(): BlockRepository {
  const files = new Map<string, { identity: FileIdentity; blocks: readonly string[] }>();
  const put = (identity: FileIdentity, blocks: readonly string[]): void => {
    files.set(identity.path, { identity, blocks });
  };
  return {
    get({ path, sizeBytes, mtimeNs, inode }) {
      const known = files.get(path);
      const { identity } = known ?? {};
      const isSame = identity?.sizeBytes === sizeBytes && identity.mtimeNs === mtimeNs && identity.inode === inode;
      return isSame ? known?.blocks : undefined;
    },
    put,
    putMany(many) {
      for (const [identity, blocks] of many) put(identity, blocks);
    },
    forgetBelow(path) {
      for (const known of files.keys()) if (known === path || known.startsWith(path + sep)) files.delete(known);
    },
  };
}
