import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { isBelowDropping, isDropping } from '../../../app/core/game-folder/index.ts';

const test = suite('what systems leave in folders');
const anywhere = [
  'Thumbs.db',
  'THUMBS.DB',
  'desktop.ini',
  'Desktop.ini',
  'ehthumbs.db',
  '$RECYCLE.BIN',
  'System Volume Information',
  '.DS_Store',
  '._saga.eti',
  '.Spotlight-V100',
  '.fseventsd',
  '.Trashes',
  '__MACOSX',
  '.directory',
  '.Trash-1000',
  'lost+found',
  '.nfs000000000123abcd',
  '.fuse_hidden0000000100000001',
  'found.000',
  '.stfolder',
  '.stversions',
  '~syncthing~saga.eti.tmp',
  'saga.sync-conflict-20240817-120000-ABCDEFG.eti',
  '.dropbox',
  '@eaDir',
  '#recycle',
  '.~lock.readme.odt#',
];
const installs = [
  'local - Kopie',
  'local - Copy',
  'local - Copy (2)',
  'Local - Kopie (3)',
  'local (2)',
  'local copy',
  'local copy 2',
  'local (Kopie)',
  'local (3rd copy)',
  'local.bak',
  'local_old',
  'local-backup',
  'Copy of local',
  'Kopie von local',
  'local - Copie',
  'local - copia',
  'local old',
];
const sentinels = [
  'version - Kopie.ini',
  'version (2).ini',
  'version.ini.bak',
  'version.ini~',
  'version.ini.txt',
  'version - Copy.ini',
];
const payload = [
  'saga.eti',
  'setup.log',
  'thumbs.dbx',
  'desktop.iniX',
  'local.pak',
  'localization',
  'locale',
  'local data',
  'locals',
  'local_maps',
  'local.data',
  'version.txt',
  'versions',
  'version.dll',
  'version 2.ini',
  '.hidden',
  '.config',
  'Trash',
  'found.0001',
  'directory',
  'DS_Store',
  'saga - Copy.eti',
  'nfs0001',
];

test('is no payload wherever it lies', () => {
  for (const name of anywhere)
    for (const kind of ['file', 'directory'] as const)
      for (const atGameRoot of [true, false]) assert.ok(isDropping(name, { atGameRoot, kind }), name);
  assert.ok(isBelowDropping('data/maps/Thumbs.db'));
  assert.ok(isBelowDropping('.Trash-1000/files/saga.eti'));
  assert.not.ok(isBelowDropping('data/maps/level.pak'));
});

test('copies of the installed game and of the sentinel are none directly in the folder, and only there', () => {
  for (const name of installs) {
    assert.ok(isDropping(name, { atGameRoot: true, kind: 'directory' }), name);
    assert.ok(isBelowDropping(`${name}/bin/game.exe`), name);
    assert.not.ok(isDropping(name, { atGameRoot: false, kind: 'directory' }), name);
    assert.not.ok(isDropping(name, { atGameRoot: true, kind: 'file' }), name);
  }
  for (const name of sentinels) {
    assert.ok(isDropping(name, { atGameRoot: true, kind: 'file' }), name);
    assert.not.ok(isDropping(name, { atGameRoot: false, kind: 'file' }), name);
  }
});

test('files and folders that games have are payload', () => {
  for (const name of payload)
    for (const kind of ['file', 'directory'] as const)
      assert.not.ok(isDropping(name, { atGameRoot: true, kind }), `${name} as a ${kind}`);
});

test.run();
