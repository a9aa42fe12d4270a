/**
 * The tests that a system cannot run, by name. `test/run.ts` counts them as skipped there, and fails for one that does
 * not exist any more.
 */

export interface AbsentTest {
  /** Below `test/`, without `.test.ts`. */
  readonly file: string;
  readonly test: string;
  /** `posix`: Windows has no such thing. `wine`: Windows has it, Wine has not; real Windows runs the test. */
  readonly reason: 'posix' | 'wine';
  /** What is not there. */
  readonly what: string;
}

/** Wine makes neither symbolic links nor junctions. */
const links: Record<string, readonly string[]> = {
  'unit/base/file-system': [
    'every file system makes and reads links as they are written',
    'every file system follows a link where it is asked to, and only there',
    'every file system lists and deletes links as what they are',
    'every file system deletes a tree, not what its links point to',
  ],
  'integration/play/player': ['a link, and a folder that is one, is refused before anything runs'],
  'unit/base/paths': [
    'a link on the way to a file, or the file itself being one, is refused; what is not there yet is fine',
  ],
  'unit/blocks/download': ['a game root that is a link is refused', 'a folder on the way that is a link is refused'],
  'unit/extensions/package': ['a folder with a link is not packed'],
  'unit/game-folder/game-folder': [
    'a way over a link is not safe',
    'payload of an older version goes, a link that stands in it, too, and not what that points to',
    'a link in the way is set aside',
    'a discard never follows a link that took the place of a folder',
  ],
  'unit/install/legacy-import': ['a journal that is a link is left alone and told'],
  'unit/install/recover': ['a root that is a link is not followed'],
  'unit/install/streamed-install': ['a root that is a link is refused'],
  'unit/library/manifests': [
    'a download with a symbolic link is downloaded, but has no manifest, and the reason is told',
    'a download with a link to a folder outside is downloaded, but has no manifest, and the reason is told',
  ],
  'unit/rpc/folders/folder-browser': ['a link to a folder counts as one; to a file, or to nowhere, it does not'],
  'unit/support/archives': ['a RAR archive says it is RAR 5 and carries its links'],
  'unit/support/trees': ['links written to disk are those that were told without a disk'],
};

export const absentTests: readonly AbsentTest[] = [
  ...Object.entries(links).flatMap(([file, tests]) =>
    tests.map((test) => ({ file, test, reason: 'wine', what: 'links' }) as const),
  ),
  {
    file: 'integration/play/player',
    test: 'a program without an executable bit, as archives from Windows leave it, is started all the same',
    reason: 'posix',
    what: 'the right to execute',
  },
  {
    file: 'unit/library/manifests',
    test: 'a download with two names that are one on other PCs is downloaded, but has no manifest, and the reason is told',
    reason: 'posix',
    what: 'two names that differ in case alone',
  },
  {
    file: 'unit/library/scan',
    test: 'seen by a refresh: a file that becomes executable',
    reason: 'posix',
    what: 'the right to execute',
  },
];

export type Host = 'posix' | 'windows' | 'wine';

/** Which kind of system the tests run on. The lab tells of Wine. */
export function hostOf(platform: NodeJS.Platform, environment: Readonly<Record<string, string | undefined>>): Host {
  if (platform !== 'win32') return 'posix';
  return environment['LANSPREAD_WINE'] === undefined ? 'windows' : 'wine';
}

export interface ListedTest {
  readonly test: string;
  readonly isSkipped: boolean;
}

/** What is listed of one test file, and what of it is left out on this host. */
export function listedTests(
  file: string,
  { host, absent = absentTests }: { host: Host; absent?: readonly AbsentTest[] },
): ListedTest[] {
  const name = file.replaceAll('\\', '/').replace(/\.test\.ts$/, '');
  return absent
    .filter((entry) => name === entry.file || name.endsWith(`/${entry.file}`))
    .map(({ test, reason }) => ({ test, isSkipped: host === 'wine' || (host === 'windows' && reason === 'posix') }));
}
