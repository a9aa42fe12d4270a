import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { verdictOfRefusal, verdictOfReport, verdictOfText } from '../../../app/ui/components/form/folder-verdict.ts';
import { bytesOfMegabytes, megabytesText, parseNumber } from '../../../app/ui/screens/settings/number-text.ts';

test('whole numbers in a range: everything else says why not', () => {
  const range = { min: 1, max: 16 };
  assert.equal(parseNumber(' 4 ', range), { kind: 'value', value: 4 });
  assert.equal(parseNumber('', range), { kind: 'none' });
  for (const text of ['0', '17']) assert.equal(parseNumber(text, range), { kind: 'bad', why: 'range' }, text);
  for (const text of ['1.5', '1,5', 'two', '-3', '0x10', '1e3', '2 MB', '∞'])
    assert.equal(parseNumber(text, range), { kind: 'bad', why: 'notANumber' }, text);
});

test('speeds take decimals with a comma or a point, and come back as they were typed', () => {
  const range = { min: 0.1, whole: false };
  assert.equal(parseNumber('12,5', range), { kind: 'value', value: 12.5 });
  assert.equal(parseNumber('1 000.25', range), { kind: 'value', value: 1000.25 });
  assert.equal(parseNumber('0.05', range), { kind: 'bad', why: 'range' });
  assert.is(megabytesText(bytesOfMegabytes(12.5), 'en'), '12.5');
  assert.is(megabytesText(bytesOfMegabytes(12.5), 'de'), '12,5');
  assert.is(megabytesText(null, 'de'), '');
  assert.ok(bytesOfMegabytes(0.1) >= 16 * 1024, 'the smallest that is taken here is taken by the core');
});

test('a path is judged before anybody is asked: it is whole on one of the systems, or it is not', () => {
  for (const path of ['/home/lan/Games', 'D:\\Games', 'd:/Games', '\\\\nas\\games'])
    assert.is(verdictOfText(path), undefined, path);
  assert.equal(verdictOfText('  ')?.texts, ['folder.empty']);
  for (const path of ['Games', './Games', '~/Games', 'D:'])
    assert.equal(verdictOfText(path)?.texts, ['folder.relative'], path);
});

test('a folder that may be written to is good; a little room is a warning, and will still do', () => {
  const report = { path: '/g', exists: true, writable: true, freeBytes: 412e9, totalBytes: 1e12 };
  assert.equal(verdictOfReport(report).tone, 'good');
  assert.equal(verdictOfReport({ ...report, exists: false }).texts, ['folder.willMake']);
  assert.equal(verdictOfReport({ ...report, exists: false, freeBytes: 1e9 }), {
    tone: 'care',
    texts: ['folder.willMake', 'folder.little'],
    space: { freeBytes: 1e9, totalBytes: 1e12 },
  });
  assert.is(verdictOfReport({ ...report, writable: false }).tone, 'bad');
  assert.is(verdictOfReport({ ...report, freeBytes: 0, totalBytes: 0 }).tone, 'bad', 'not a disk');
});

test('a refusal to look is told by its reason', () => {
  assert.equal(verdictOfRefusal('INVALID_PATH', 'x').texts, ['folder.relative']);
  assert.equal(verdictOfRefusal('PERMISSION_DENIED', 'x').texts, ['folder.notWritable']);
  assert.equal(verdictOfRefusal('IO_ERROR', 'the disk is gone'), {
    tone: 'bad',
    texts: ['folder.unknown'],
    reason: 'the disk is gone',
  });
});

test.run();
