import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { defaultSettings, SettingsStore } from '../../../app/core/settings/index.ts';
import { applyPresets } from '../../../app/core/wiring/options.ts';
import { silentLogger, type Logger } from '../../../app/core/base/index.ts';

function stage(stored: Record<string, unknown> = {}) {
  const values = new Map(Object.entries(stored));
  const repository = {
    get: (name: string) => values.get(name),
    set: (name: string, value: unknown) => void values.set(name, value),
    all: () => Object.fromEntries(values),
  };
  const warnings: unknown[] = [];
  const warn = (facts: unknown): void => void warnings.push(facts);
  const logger: Logger = { ...silentLogger, warn };
  const settings = new SettingsStore(repository, defaultSettings('/state'));
  const apply = (presets: Record<string, unknown>): void => applyPresets(settings, { repository, presets, logger });
  return { settings, apply, warnings };
}

const test = suite('settings to begin with');

test('are set, and are the player’s own afterwards', () => {
  const { settings, apply } = stage();
  apply({ language: 'de', maxConcurrentDownloads: 4 });
  assert.equal([settings.get('language'), settings.get('maxConcurrentDownloads')], ['de', 4]);
});

test('never replace what was set: a kiosk that outlived its database stays one', () => {
  const { settings, apply } = stage({ kiosk: true });
  apply({ kiosk: false });
  assert.is(settings.get('kiosk'), true);
});

test('that do not fit are left out and logged; the others count', () => {
  const { settings, apply, warnings } = stage();
  apply({ language: 'klingon', colour: 'red', theme: 'light' });
  assert.equal([settings.get('language'), settings.get('theme'), warnings.length], ['en', 'light', 2]);
});

test.run();
