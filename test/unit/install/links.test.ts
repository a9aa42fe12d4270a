import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError } from '../../../app/core/base/index.ts';
import { settleLinks } from '../../../app/core/install/links.ts';
import type { ArchiveEntry } from '../../../app/core/content/index.ts';

const file = (path: string, sizeBytes = 5): ArchiveEntry => ({ path, kind: 'file', sizeBytes });
const folder = (path: string): ArchiveEntry => ({ path, kind: 'directory', sizeBytes: 0 });
const link = (path: string, target: string, kind: 'symlink' | 'hardlink' = 'symlink'): ArchiveEntry => ({
  path,
  kind,
  sizeBytes: 0,
  target,
});

/** `copy <- file`, and the paths that are left. */
function settled(...entries: ArchiveEntry[]): { copies: string[]; paths: string[] } {
  const { copies, entries: left } = settleLinks('game.eti', entries);
  return { copies: copies.map(({ path, from }) => `${path} <- ${from}`), paths: left.map(({ path }) => path) };
}

function refusal(...entries: ArchiveEntry[]): string {
  try {
    settleLinks('game.eti', entries);
  } catch (error) {
    if (error instanceof LanspreadError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return 'none';
}

test('a link to a file of the archive becomes a copy of it, through other links and folders', () => {
  const entries = [
    folder('lib'),
    file('lib/libgame.so.1.2'),
    link('lib/libgame.so.1', 'libgame.so.1.2'),
    link('lib/libgame.so', './libgame.so.1'),
    link('bin/up', '../lib/../lib/libgame.so'),
    link('hard', 'lib/libgame.so.1.2', 'hardlink'),
  ];
  assert.equal(settled(...entries), {
    copies: ['lib/libgame.so.1', 'lib/libgame.so', 'bin/up', 'hard'].map((path) => `${path} <- lib/libgame.so.1.2`),
    paths: ['lib', 'lib/libgame.so.1.2'],
  });
});

test('a link to a folder becomes a folder of copies, with the links that are in it', () => {
  const { copies, copiedFolders } = settleLinks('game.eti', [
    file('Versions/A/Game', 9),
    folder('Versions/A/empty'),
    link('Versions/A/alias', 'Game'),
    link('Versions/Current', 'A'),
    link('Game', 'Versions/Current/Game'),
  ]);
  assert.equal(
    copies.map(({ path, from, sizeBytes }) => [path, from, sizeBytes]),
    [
      ['Versions/A/alias', 'Versions/A/Game', 9],
      ['Versions/Current/Game', 'Versions/A/Game', 9],
      ['Versions/Current/alias', 'Versions/A/Game', 9],
      ['Game', 'Versions/A/Game', 9],
    ],
  );
  assert.equal(copiedFolders, ['Versions/Current', 'Versions/Current/empty']);
});

test('a link that leads nowhere, outside or into itself is left out; the rest is installed', () => {
  const targets = ['../../etc/passwd', '..', '/etc/passwd', 'nowhere', 'C:/x', '..\\x', 'ok.txt/x', 'self', '\0', ''];
  for (const target of targets)
    assert.equal(settled(file('ok.txt'), link('self', target)), { copies: [], paths: ['ok.txt'] }, target);
  const silent: ArchiveEntry = { path: 'self', kind: 'symlink', sizeBytes: 0 };
  assert.equal(settled(silent), { copies: [], paths: [] });
  for (const entries of [[link('a', 'b'), link('b', 'a')], [link('d/me', '.')], [link('top', '.')]])
    assert.equal(settled(file('d/x'), ...entries), { copies: [], paths: ['d/x'] });
  const prefix = [file('drive_c/game.exe'), link('dosdevices/c:', '../drive_c'), link('dosdevices/z:', '/')];
  assert.equal(settled(...prefix), { copies: [], paths: ['drive_c/game.exe'] }, 'a Wine prefix');
});

test('folders that hold links to each other are copied once each', () => {
  assert.equal(settled(file('a/f'), file('b/f'), link('a/x', '../b'), link('b/y', '../a')).copies, [
    'a/x/f <- b/f',
    'a/x/y/f <- a/f',
    'b/y/f <- a/f',
    'b/y/x/f <- b/f',
  ]);
});

test('a hard link to what is not there is damage, what pretends to lie below a link is hostile', () => {
  assert.match(refusal(link('hard', 'gone', 'hardlink')), /^ARCHIVE_CORRUPT: game\.eti: "hard" is a link to "gone"/);
  assert.match(refusal(link('door', '..'), file('door/escaped.txt')), /^ARCHIVE_HOSTILE: .* pretend to lie in it/);
});

test('links that stand for very much are refused', () => {
  const doubling = Array.from({ length: 20 }, (_, index) => [
    link(`d${index + 1}/one`, `../d${index}`),
    link(`d${index + 1}/two`, `../d${index}`),
  ]).flat();
  assert.match(refusal(file('d0/f'), ...doubling), /stand for more than/);
});

test('where a later entry has the path of a link, that one is installed', () => {
  assert.equal(settled(file('a'), link('b', 'a'), file('b')), { copies: [], paths: ['a', 'b'] });
  assert.equal(settled(file('a'), file('b'), link('b', 'a')).copies, ['b <- a']);
});

test('without links nothing changes', () => {
  const entries = [folder('d'), file('d/a')];
  assert.is(settleLinks('game.eti', entries).entries, entries);
});

test.run();
