import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { absentTests, hostOf, listedTests, type AbsentTest } from '../../windows/absent.ts';

const absent: AbsentTest[] = [
  { file: 'unit/a/b', test: 'links', reason: 'wine', what: 'links' },
  { file: 'unit/a/b', test: 'rights', reason: 'posix', what: 'rights' },
  { file: 'unit/a', test: 'other', reason: 'posix', what: 'rights' },
];

test('what Wine lacks is skipped under Wine, what Windows lacks on both, and nothing elsewhere', () => {
  const skipped = (host: 'posix' | 'windows' | 'wine'): string[] =>
    listedTests('/src/test/unit/a/b.test.ts', { host, absent }).flatMap((each) => (each.isSkipped ? [each.test] : []));
  assert.equal([skipped('posix'), skipped('windows'), skipped('wine')], [[], ['rights'], ['links', 'rights']]);
});

test('a file is found by its path as each system writes it, and no other is', () => {
  const testsOf = (file: string): string[] => listedTests(file, { host: 'wine', absent }).map((each) => each.test);
  assert.equal(testsOf('Z:\\src\\test\\unit\\a\\b.test.ts'), ['links', 'rights']);
  assert.equal(testsOf('test/unit/a.test.ts'), ['other']);
  assert.equal(testsOf('/src/test/integration/a.test.ts'), []);
});

test('the lab says that Windows is Wine', () => {
  assert.is(hostOf('linux', { LANSPREAD_WINE: '1' }), 'posix');
  assert.equal([hostOf('win32', {}), hostOf('win32', { LANSPREAD_WINE: '1' })], ['windows', 'wine']);
});

test('the list stays short, and each stands in it once', () => {
  assert.ok(absentTests.length <= 40, `${absentTests.length} tests`);
  assert.is(new Set(absentTests.map((each) => `${each.file} ${each.test}`)).size, absentTests.length);
});

test.run();
