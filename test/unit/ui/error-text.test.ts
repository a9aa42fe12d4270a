import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  errorDetailKinds,
  isErrorCode,
  LanspreadError,
  pathFaults,
  tellingDetails,
} from '../../../app/core/base/index.ts';
import type { ErrorCode, ErrorDetails } from '../../../app/core/base/index.ts';
import { operationKinds } from '../../../app/core/operations/index.ts';
import { detailedText, placeholdersOf } from '../../../app/ui/i18n/error-text.ts';
import { errorsDe } from '../../../app/ui/i18n/errors-de.ts';
import { errorsDetailed, faultWords, operationWords, reasonWords } from '../../../app/ui/i18n/errors-detailed.ts';
import type { Language } from '../../../app/ui/i18n/define.ts';

const names: Record<string, string> = { a1: 'nas', b2: 'seat-07', c3: 'Ada' };
const nameOf = (peerId: string): string => names[peerId] ?? peerId.slice(-6);
const told = (language: Language, code: ErrorCode, details: ErrorDetails): string | undefined =>
  detailedText(language, { code, details, nameOf })?.replaceAll(/[\u00a0\u202f]/g, ' ');
const codes = Object.keys(errorDetailKinds).filter(isErrorCode);

test('the figures and names of the case are in the German text, as German writes them', () => {
  assert.is(
    told('de', 'DISK_FULL', { neededBytes: 48_300_000_000, freeBytes: 1_234_000_000 }),
    'Es ist nicht genug Speicherplatz frei: 48,3 GB nötig, 1,2 GB frei.',
  );
  assert.is(
    told('de', 'NO_SOUND_SOURCE', { peerId: 'b2', file: 'data/maps.bin', block: 1_204 }),
    'Block 1.204 von data/maps.bin kommt von seat-07 beschädigt an, und niemand sonst hat ihn.',
  );
  assert.match(told('de', 'TOO_MANY_ATTEMPTS', { retryAfterSeconds: 30 }) ?? '', '30 Sekunden');
  assert.match(told('de', 'OPERATION_IN_PROGRESS', { operation: 'Installing' }) ?? '', 'es wird installiert');
  assert.match(told('de', 'NOT_REMOVABLE', { reason: 'installed' }) ?? '', 'das Spiel ist installiert');
  assert.match(
    told('de', 'MANIFEST_TIE', {
      groups: [
        { root: 'f0', peers: ['a1', 'c3'] },
        { root: 'f1', peers: ['b2'] },
      ],
    }) ?? '',
    'nas und Ada – seat-07',
  );
});

test('English says it in people’s units and names, too, where the core has bare bytes and ids', () => {
  assert.is(
    told('en', 'DISK_FULL', { neededBytes: 48_300_000_000, freeBytes: 1_234_000_000 }),
    'There is not enough free disk space: 48.3 GB needed, 1.2 GB free.',
  );
  assert.is(told('en', 'PEER_GONE', { peerId: 'a1' }), 'nas has left.');
  assert.is(told('en', 'NO_PEERS', { version: '2' }), undefined);
});

test('what the error does not tell makes the sentence shorter, and in the end the plain one', () => {
  assert.is(told('de', 'DISK_FULL', { neededBytes: 2e9 }), 'Es ist nicht genug Speicherplatz frei: 2 GB nötig.');
  assert.is(told('de', 'DISK_FULL', { path: '/games/a' }), 'Für /games/a ist nicht genug Speicherplatz frei.');
  for (const code of codes) assert.is(told('de', code, {}), undefined, code);
});

test('details of another kind than they should be are as if they were not there', () => {
  for (const code of codes)
    for (const hostile of [{}, [], null, undefined, true, Number.NaN, -1, '', [{}], [{ root: 1, peers: 2 }]]) {
      const details = Object.fromEntries(Object.keys(errorDetailKinds[code] ?? {}).map((name) => [name, hostile]));
      const text = told('de', code, details);
      assert.not.match(text ?? '', /\{\w+\}|undefined|null|NaN|object/, `${code} ${JSON.stringify(hostile)}`);
    }
  assert.is(told('de', 'OPERATION_IN_PROGRESS', { operation: 'Unheard' }), undefined);
});

test('every code with details has a German sentence that names each, and every placeholder is a detail of its code', () => {
  assert.equal(Object.keys(errorsDetailed.de).sort(), [...codes].sort());
  for (const language of ['en', 'de'] as const)
    for (const [code, sentences] of Object.entries(errorsDetailed[language])) {
      const kinds = Object.keys(errorDetailKinds[code as ErrorCode] ?? {});
      for (const sentence of sentences) {
        // A sentence may end with the words of a program.
        assert.match(sentence, /^[\p{Lu}„{].*(?:\.|: \{\w+\})$/u, code);
        const used = placeholdersOf(sentence);
        assert.ok(used.length > 0, `${code}: ${sentence}`);
        for (const name of used) assert.ok(kinds.includes(name), `${code} has no detail ${name}`);
      }
      if (language === 'de') {
        const used = new Set(sentences.flatMap(placeholdersOf));
        for (const name of kinds) assert.ok(used.has(name), `no sentence of ${code} names ${name}`);
      }
    }
});

test('each detail that texts may name is one that the core gives to that code somewhere', () => {
  const root = fileURLToPath(new URL('../../../app/core', import.meta.url));
  const files = globSync('**/*.ts', { cwd: root }).filter((path) => !path.includes('error'));
  const sources = [...files, 'base/errors.ts'].map((path) => readFileSync(join(root, path), 'utf8'));
  for (const code of codes)
    for (const name of Object.keys(errorDetailKinds[code] ?? {})) {
      const given = sources.some(
        (source) => source.includes(`'${code}'`) && new RegExp(`details[^;]*\\b${name}\\b`).test(source),
      );
      assert.ok(given, `nobody gives ${code} a ${name}`);
    }
});

test('every operation and every reason has its words', () => {
  assert.equal(Object.keys(operationWords.de).sort(), [...operationKinds].sort());
  const source = readFileSync(new URL('../../../app/core/install/remove-download.ts', import.meta.url), 'utf8');
  const reasons = Array.from(source.matchAll(/return '([a-z-]+)'/g), ([, reason = '']) => reason);
  assert.ok(reasons.length > 5);
  assert.equal(Object.keys(reasonWords.de).sort(), reasons.sort());
  assert.equal(Object.keys(faultWords.de), Object.keys(pathFaults));
});

test('what is told is bounded, and telling it twice changes nothing', () => {
  const peers = Array.from({ length: 500 }, (_none, at) => `peer ${at}`);
  const groups = Array.from({ length: 50 }, () => ({ root: 'r', peers, extra: 'x' }));
  const once = tellingDetails('MANIFEST_TIE', { groups, other: 1 });
  assert.ok(JSON.stringify(once).length < 10_000);
  assert.equal(tellingDetails('MANIFEST_TIE', once), once);
  const { path } = tellingDetails('IO_ERROR', { path: 'x'.repeat(10_000), message: 'no' });
  assert.ok(String(path).length <= 500);
  assert.equal(tellingDetails('NO_SUCH_CODE', { path: 'x' }), {});
});

test('what crosses the line to the window is what the text is made of', () => {
  const {
    code,
    message: _message,
    ...details
  } = new LanspreadError('DISK_FULL', {
    details: { neededBytes: 5e9, freeBytes: 1e9 },
  }).toJSON();
  assert.match(told('de', code, JSON.parse(JSON.stringify(details)) as ErrorDetails) ?? '', '5 GB');
  assert.is.not(told('de', code, details), errorsDe.DISK_FULL?.message);
});

test.run();
