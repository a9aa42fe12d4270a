import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  errorTable,
  isAbort,
  isErrorCode,
  isNotFound,
  LanspreadError,
  systemCode,
  toLanspreadError,
  type ErrorEntry,
} from '../../../app/core/base/index.ts';
import { errorsDocument, errorsDocumentPath } from '../../../build/errors-doc.ts';

const entries: [string, ErrorEntry][] = Object.entries(errorTable);

for (const [code, entry] of entries) {
  test(`${code} says what happened, what was kept and what to do, in sentences`, () => {
    assert.match(code, /^[A-Z]+(?:_[A-Z]+)*$/);
    for (const sentence of [entry.message, entry.kept, entry.next]) {
      assert.match(sentence, /^[A-Z].*\.$/);
      assert.is(sentence.trim(), sentence);
    }
  });
}

test('docs/errors.md is what build/errors-doc.ts writes', () => {
  const committed = readFileSync(errorsDocumentPath, 'utf8').replaceAll('\r\n', '\n');
  assert.ok(committed === errorsDocument(), 'docs/errors.md is out of date: run node build/errors-doc.ts');
});

test('the page lists every code once, in order', () => {
  const codes = [...errorsDocument().matchAll(/^## (.+)$/gm)].map((match) => match[1]);
  assert.equal(codes, Object.keys(errorTable).sort());
});

const systemError = (code: string): Error => Object.assign(new Error(`${code}: it failed`), { code });

for (const [system, code] of Object.entries({
  ENOSPC: 'DISK_FULL',
  EDQUOT: 'DISK_FULL',
  EACCES: 'PERMISSION_DENIED',
  EPERM: 'PERMISSION_DENIED',
  EROFS: 'PERMISSION_DENIED',
  EIO: 'IO_ERROR',
  EMFILE: 'IO_ERROR',
  EBUSY: 'IO_ERROR',
  ENOENT: 'IO_ERROR',
  ABORT_ERR: 'CANCELLED',
  ERR_INVALID_ARG_TYPE: 'INTERNAL',
})) {
  test(`a system error ${system} becomes ${code} and stays as the cause`, () => {
    const error = systemError(system);
    const coded = toLanspreadError(error);
    assert.is(coded.code, code);
    assert.is(coded.cause, error);
    assert.match(coded.message, system);
  });
}

test('a fallback is for what says nothing itself', () => {
  assert.is(toLanspreadError(systemError('ENOENT'), 'CATALOG_NOT_FOUND').code, 'CATALOG_NOT_FOUND');
  assert.is(toLanspreadError(systemError('ENOSPC'), 'CATALOG_NOT_FOUND').code, 'DISK_FULL');
  assert.is(toLanspreadError(new Error('?'), 'UNPACKER_FAILED').code, 'UNPACKER_FAILED');
});

test('a coded error passes as it is, whatever the fallback', () => {
  const error = new LanspreadError('NO_PEERS');
  assert.is(toLanspreadError(error, 'IO_ERROR'), error);
});

test('whatever is thrown gets a code', () => {
  for (const thrown of [undefined, null, 'text', 7, {}, [], Symbol('s')]) {
    assert.is(toLanspreadError(thrown).code, 'INTERNAL');
  }
});

test('every way to be cancelled is seen as that', () => {
  const abort = AbortSignal.abort().reason;
  for (const error of [abort, new LanspreadError('CANCELLED'), new LanspreadError('SHUTTING_DOWN')]) {
    assert.is(isAbort(error), true);
  }
  assert.is(toLanspreadError(abort).code, 'CANCELLED');
  for (const error of [new Error('AbortError'), new LanspreadError('PEER_TIMEOUT'), undefined, 'AbortError']) {
    assert.is(isAbort(error), false);
  }
});

test('what crosses a boundary has code, message and facts; a fact cannot pose as the code', () => {
  const error = new LanspreadError('BLOCK_CORRUPT', { message: 'Block 7.', details: { block: 7, code: 'NO_PEERS' } });
  assert.equal(JSON.parse(JSON.stringify(error)), { code: 'BLOCK_CORRUPT', message: 'Block 7.', block: 7 });
});

test('an error without its own message has the one of the table, and a cause only when given', () => {
  assert.is(new LanspreadError('NO_PEERS').message, errorTable.NO_PEERS.message);
  assert.is('cause' in new LanspreadError('NO_PEERS'), false);
});

test('codes are recognised, names that every object has are not', () => {
  assert.is(isErrorCode('NO_PEERS'), true);
  for (const value of ['toString', 'constructor', '', 'no_peers', 7, undefined]) assert.is(isErrorCode(value), false);
});

test('a real missing file is recognised', async () => {
  const error: unknown = await readFile(new URL('no-such-file', import.meta.url)).catch((thrown: unknown) => thrown);
  assert.is(systemCode(error), 'ENOENT');
  assert.is(isNotFound(error), true);
  assert.is(isNotFound(systemError('EACCES')), false);
  assert.is(isNotFound(undefined), false);
});

test.run();
