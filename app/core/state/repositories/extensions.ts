import type { Connection } from '../connection.ts';
import { flagOf, jsonOf, numberOf, optionalTextOf, textOf, type Row } from '../row.ts';
import type { ExtensionRepository, ExtensionRow } from '../types.ts';

function toExtension(row: Row): ExtensionRow {
  return {
    id: textOf(row, 'id'),
    version: textOf(row, 'version'),
    hash: textOf(row, 'hash'),
    enabled: flagOf(row, 'enabled'),
    grantedPermissions: jsonOf(row, 'granted_permissions'),
    crashCount: numberOf(row, 'crash_count'),
    signedBy: optionalTextOf(row, 'signed_by'),
  };
}

export function extensionRepository(connection: Connection): ExtensionRepository {
  const every = connection.query<[], ExtensionRow>('SELECT * FROM extension ORDER BY id', toExtension);
  const one = connection.query<[string], ExtensionRow>('SELECT * FROM extension WHERE id = ?', toExtension);
  const put = connection.command<[string, string, string, number, string, number, string | null]>(
    `INSERT OR REPLACE INTO extension (id, version, hash, enabled, granted_permissions, crash_count, signed_by)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const remove = connection.command<[string]>('DELETE FROM extension WHERE id = ?');
  return {
    all: () => every.all(),
    get: (id) => one.get(id),
    put({ id, version, hash, enabled, grantedPermissions, crashCount, signedBy }) {
      // A power cut must not undo what a person agreed to or took back.
      connection.durably(() => {
        put(id, version, hash, Number(enabled), JSON.stringify(grantedPermissions), crashCount, signedBy ?? null);
      });
    },
    remove(id) {
      connection.durably(() => remove(id));
    },
  };
}
