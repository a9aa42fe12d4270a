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
      // What a person chose must not be lost with the next power cut.
      connection.durably(() => {
        if (value === undefined) remove(name);
        else put(name, JSON.stringify(value));
      });
    },
    all: () => Object.fromEntries(every.all()),
  };
}

/** A damaged value is as if it had never been set: the setting has its default, and setting it again mends it. */
function valueOf(row: Row): unknown {
  try {
    return jsonOf(row, 'value');
  } catch {
    return undefined;
  }
}
