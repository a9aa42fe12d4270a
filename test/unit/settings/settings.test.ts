import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { defaultSettings, SettingsStore } from '../../../app/core/settings/index.ts';
import { settingsInMemory } from '../../support/memory-settings.ts';

test("a player's name is one line without control characters, in any script", () => {
  const settings = new SettingsStore(settingsInMemory(), defaultSettings('/state'));
  for (const name of ['Zoë', '山田', '👩‍👩‍👧 family', 'A B']) {
    settings.set('playerName', name);
    assert.is(settings.get('playerName'), name);
  }
  for (const name of ['two\nlines', 'nul\u0000', '\u001b[31mred', 'line\u2028break', ' '])
    assert.throws(() => settings.set('playerName', name), /playerName/, JSON.stringify(name));
});

test.run();
