import * as assert from 'uvu/assert';
import { test } from 'uvu';
import { parsePath, type SafePath } from '../../../app/core/base/index.ts';
import {
  decidePlayerCopies,
  matchesKeepPattern,
  producedToKeep,
  type LocalEntry,
} from '../../../app/core/install/player-files.ts';
import { processorMs } from '../../support/processor-time.ts';

const safe = (path: string): SafePath => parsePath(path, { atGameRoot: false });
const file = (path: string, kind: LocalEntry['kind'] = 'file'): LocalEntry => ({ path, kind, sizeBytes: 1 });

interface Case {
  local: LocalEntry[];
  produced?: string[];
  planned?: string[];
  folders?: string[];
  keep?: string[];
  changed?: string[];
  platform?: NodeJS.Platform;
}

function copies({
  local,
  produced = [],
  planned = [],
  folders = [],
  keep = [],
  changed = [],
  platform = 'linux',
}: Case) {
  return decidePlayerCopies({
    entries: local,
    inventory: produced.map((path) => ({ path: safe(path), sizeBytes: 1, blake3: 'old' })),
    plan: { files: new Map(planned.map((path) => [safe(path), 1])), directories: new Set(folders.map(safe)) },
    keep,
    changed: new Set(changed),
    platform,
  }).map(({ from, to }) => (from === to ? from : `${from} → ${to}`));
}

test('files that the unpacker did not make go along, the ones it made do not', () => {
  const local = [file('game.exe'), file('saves', 'directory'), file('saves/1.sav'), file('old.dll')];
  assert.equal(copies({ local, produced: ['game.exe', 'old.dll'], planned: ['game.exe'] }), ['saves/1.sav']);
});

test("the player's own file stays the player's where the new version brings one of that name", () => {
  const local = [file('game.exe'), file('settings.cfg')];
  assert.equal(copies({ local, produced: ['game.exe'], planned: ['game.exe', 'settings.cfg'] }), ['settings.cfg']);
});

test('a produced file goes along when it was changed and a pattern keeps it', () => {
  const local = [file('cfg/a.ini'), file('cfg/b.ini'), file('cfg/c.ini')];
  const produced = ['cfg/a.ini', 'cfg/b.ini', 'cfg/c.ini'];
  assert.equal(copies({ local, produced, planned: produced, keep: ['cfg/*'], changed: ['cfg/b.ini'] }), ['cfg/b.ini']);
});

test('only produced files that a pattern names need comparing', () => {
  const inventory = ['cfg/a.ini', 'game.exe'].map((path) => ({ path: safe(path), sizeBytes: 1, blake3: 'x' }));
  const entries = [file('cfg/a.ini'), file('cfg/own.ini'), file('game.exe')];
  const found = producedToKeep({ entries, inventory, keep: ['cfg/**'], platform: 'linux' });
  assert.equal(
    found.map(([{ path }]) => path),
    ['cfg/a.ini'],
  );
});

test("with the inventory lost, the new version's own files are new and everything else goes along", () => {
  const local = [file('game.exe'), file('saves/1.sav'), file('cfg/a.ini')];
  const planned = ['game.exe', 'cfg/a.ini'];
  assert.equal(copies({ local, planned }), ['saves/1.sav']);
  assert.equal(copies({ local, planned, keep: ['cfg/**'] }), ['cfg/a.ini', 'saves/1.sav']);
});

test('links go along as links, empty folders too, sockets do not', () => {
  const local = [
    file('link', 'symlink'),
    file('empty', 'directory'),
    file('full', 'directory'),
    file('full/x'),
    file('s', 'other'),
  ];
  assert.equal(copies({ local, produced: ['full/x'] }), ['empty', 'link']);
});

test('where a file meets a folder of the new version it moves beside it', () => {
  assert.equal(copies({ local: [file('mods')], produced: ['p'], folders: ['mods'], planned: ['mods/a'] }), [
    'mods → mods.kept',
  ]);
  assert.equal(copies({ local: [file('mods/my/a')], produced: ['p'], planned: ['mods'] }), [
    'mods/my/a → mods.kept/my/a',
  ]);
});

test("on Windows the case of a name does not make a produced file the player's", () => {
  const local = [file('GAME.EXE')];
  assert.equal(copies({ local, produced: ['game.exe'], planned: ['game.exe'], platform: 'win32' }), []);
  assert.equal(copies({ local, produced: ['game.exe'], planned: ['game.exe'], platform: 'linux' }), ['GAME.EXE']);
});

test('keep patterns: stars within names, two stars over folders, a folder with all below it', () => {
  const cases: [string, string, boolean][] = [
    ['saves/**', 'saves/a/b.sav', true],
    ['saves/**', 'Saves/A.SAV', true],
    ['saves/**', 'my/saves/a', false],
    ['saves', 'saves/a/b', true],
    ['saves', 'saves2/a', false],
    ['*.cfg', 'a.cfg', true],
    ['*.cfg', 'b/a.cfg', false],
    ['**/*.cfg', 'a.cfg', true],
    ['**/*.cfg', 'x/y/a.cfg', true],
    ['a/**/b', 'a/b', true],
    ['a/**/b', 'a/x/y/b', true],
    ['a/**/b', 'a/x/c', false],
    ['save?.dat', 'save1.dat', true],
    ['save?.dat', 'save.dat', false],
    ['*a*b*', 'xxaxxbxx', true],
    ['*a*b*', 'xxbxxaxx', false],
    ['', 'a', false],
    ['caf\u00e9', 'cafe\u0301', true],
  ];
  for (const [pattern, path, wanted] of cases)
    assert.is(matchesKeepPattern(path, pattern), wanted, `${pattern} ${path}`);
});

test('a pattern made to be slow is not', () => {
  const costMs = processorMs(() => {
    matchesKeepPattern('a'.repeat(240), `${'*a'.repeat(100)}b`);
    matchesKeepPattern(`${'a/'.repeat(119)}a`, `${'**/*a/'.repeat(40)}b`);
  });
  assert.ok(costMs < 200, `${costMs} ms`);
});

test.run();
