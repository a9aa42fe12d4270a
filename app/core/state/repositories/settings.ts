import type { Connection } from '../connection.ts';
import { jsonOf, textOf } from '../row.ts';
import type { SettingsRepository } from '../types.ts';

export function settingsRepository(connection: Connection): SettingsRepository {
  const one = connection.query<[string], unknown>('SELECT value FROM settings WHERE name = ?', (row) =>
    jsonOf(row, 'value'),
  );
  const every = connection.query<[], [string, unknown]>('SELECT name, value FROM settings ORDER BY name', (row) => [
    textOf(row, 'name'),
    jsonOf(row, 'value'),
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
