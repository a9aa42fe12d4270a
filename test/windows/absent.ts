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

export const absentTests: readonly AbsentTest[] = [];

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
