import type { Connection } from '../connection.ts';
import { jsonOf, textOf, type Row } from '../row.ts';
import type { SettingsRepository } from '../types.ts';

export function settingsRepository(connection: Connection): SettingsRepository {
  const one = connection.query<[string], unknown>('SELECT value FROM settings WHERE name = ?', valueOf);
  const every = connection.query<[], [string, unknown]>('SELECT name, value FROM settings ORDER BY name', (row) => [
    textOf(row, 'name'),
    valueOf(row),
  ]);
  const put = connection.command<[string, string]>('INSERT OR REPLACE INTO settings (name, value) VALUES (?, ?)');
  const remove = connection.command<[string]>('DELETE FROM settings WHERE name = ?');
  return {
    get: (name) => one.get(name),
    set(name, value) {
      // A power cut must not undo a person's choice.
      connection.durably(() => {
        if (value === undefined) remove(name);
        else put(name, JSON.stringify(value));
      });
    },
    all: () => Object.fromEntries(every.all()),
  };
}

/** Treats a damaged value as one that was never set: the setting has its default, and setting it again repairs it. */
function valueOf(row: Row): unknown {
  try {
    return jsonOf(row, 'value');
  } catch {
    return undefined;
  }
}
