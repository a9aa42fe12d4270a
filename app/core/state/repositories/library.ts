import { dirname, resolve } from 'node:path';
import type { Connection } from '../connection.ts';
import { gameIdOf, numberOf, optionalTextOf, textOf, type Row } from '../row.ts';
import type { LibraryRepository, LibraryRow } from '../types.ts';

function toLibraryRow(row: Row): LibraryRow {
  return {
    root: textOf(row, 'root'),
    gameId: gameIdOf(row, 'game_id'),
    version: optionalTextOf(row, 'version'),
    installedVersion: optionalTextOf(row, 'installed_version'),
    sizeBytes: numberOf(row, 'size_bytes'),
    fingerprint: textOf(row, 'fingerprint'),
    manifestRoot: optionalTextOf(row, 'manifest_root'),
    revision: numberOf(row, 'revision'),
  };
}

type Columns = [string, string, string, string | null, string | null, number, string, string | null, number];

export function libraryRepository(connection: Connection): LibraryRepository {
  const one = connection.query<[string], LibraryRow>('SELECT * FROM library_game WHERE root = ?', toLibraryRow);
  const below = connection.query<[string], LibraryRow>(
    'SELECT * FROM library_game WHERE games_dir = ? ORDER BY root',
    toLibraryRow,
  );
  const put = connection.command<Columns>(
    `INSERT OR REPLACE INTO library_game
       (root, games_dir, game_id, version, installed_version, size_bytes, fingerprint, manifest_root, revision)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
  );
  const remove = connection.command<[string]>('DELETE FROM library_game WHERE root = ?');
  // A new row has an empty fingerprint, which matches no listing: the next scan fills in the rest.
  const setInstalled = connection.command<[string, string, string, string | null]>(
    `INSERT INTO library_game (root, games_dir, game_id, installed_version, size_bytes, fingerprint, revision)
     VALUES (?, ?, ?, ?, 0, '', 0)
     ON CONFLICT (root) DO UPDATE SET installed_version = excluded.installed_version`,
  );
  const next = connection.query<[], number>(
    `INSERT INTO counter (name, value) VALUES ('library-revision', 1)
     ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value`,
    (row) => numberOf(row, 'value'),
  );
  const current = connection.query<[], number>("SELECT value FROM counter WHERE name = 'library-revision'", (row) =>
    numberOf(row, 'value'),
  );
  return {
    get: (root) => one.get(root),
    below: (gamesDir) => below.all(resolve(gamesDir)),
    put(row) {
      const { root, gameId, version, installedVersion, sizeBytes, fingerprint, manifestRoot, revision } = row;
      put(
        root,
        dirname(resolve(root)),
        gameId,
        version ?? null,
        installedVersion ?? null,
        sizeBytes,
        fingerprint,
        manifestRoot ?? null,
        revision,
      );
    },
    remove(root) {
      remove(root);
    },
    setInstalledVersion(root, gameId, version) {
      setInstalled(root, dirname(resolve(root)), gameId, version ?? null);
    },
    nextRevision: () => next.get() ?? 0,
    revision: () => current.get() ?? 0,
  };
}
