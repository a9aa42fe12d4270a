/** Names that real games carry and that simple code breaks on. All of them are allowed by Lanspread's path rules. */
import type { Entry } from './entries.ts';

const composed = 'caf\u00e9';
const decomposed = 'nai\u0308ve';

/** Nested files and folders with odd names, a few kilobytes each, valid on Linux, Windows and macOS. */
export function oddEntries(prefix = ''): Entry[] {
  const at = (path: string): string => prefix + path;
  const file = (path: string, sizeBytes: number, executable = false): Entry => ({
    path: at(path),
    sizeBytes,
    ...(executable && { executable }),
  });
  return [
    file('Game Data/Level 01 - The Gate.bin', 70_001),
    file('Game Data/Level 02  (two spaces).bin', 1_023),
    file(`Composed/${composed}.txt`, 11),
    file(`Decomposed/${decomposed}/${decomposed}.txt`, 12),
    file('日本語/ゲーム データ.bin', 4_097),
    file('Кириллица/уровень.карта', 333),
    file('emoji/🎮 pad 👩‍🚀.sav', 77),
    file('right-to-left/שלום.txt', 5),
    file('..three dots/...and more.txt', 3),
    file('.hidden/.nested/.gitignore', 9),
    file('a.b.c..d/e.tar.gz.part', 21),
    file("quotes 'n' things/100% #1 & more; $HOME `x` ~.cfg", 41),
    file('-leading-dash/--help', 6),
    file('CASE/Readme.TXT', 8),
    file('nested/version.ini', 14),
    file('nested/local/save.dat', 15),
    file('nested/.sync/index', 16),
    file(`long/${'n'.repeat(180)}.dat`, 18),
    file(`${'deep/'.repeat(20)}bottom.bin`, 19),
    file('bin/start', 120, true),
    file('bin/start.exe', 121),
    file('empty/zero.bin', 0),
    { kind: 'directory', path: at('empty/folder without files') },
    { kind: 'directory', path: at('空/フォルダー') },
  ];
}
