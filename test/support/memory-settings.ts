/** The database's settings in memory, for tests that need no database. */
import type { SettingsRepository } from '../../app/core/state/index.ts';

export function settingsInMemory(initial: Readonly<Record<string, unknown>> = {}): SettingsRepository {
  const values = new Map<string, unknown>(Object.entries(initial));
  return {
    get: (name) => structuredClone(values.get(name)),
    set: (name, value) => void values.set(name, structuredClone(value)),
    all: () => Object.fromEntries(values),
  };
}
