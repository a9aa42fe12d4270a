import { readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  readStories,
  scenariosDocument,
  scenariosDocumentPath,
  storiesOf,
  type Story,
} from '../../../build/scenarios-doc.ts';

test('docs/scenarios.md is what build/scenarios-doc.ts writes', () => {
  const committed = readFileSync(scenariosDocumentPath, 'utf8').replaceAll('\r\n', '\n');
  assert.ok(
    committed === scenariosDocument(readStories()),
    'docs/scenarios.md is out of date: run node build/scenarios-doc.ts',
  );
});

test('stories are found by the titles of tests, with what they need', () => {
  const path = 'test/scenarios/x.test.ts';
  const text = `
    // S1: a comment is no title
    scenario('S2: a plain one', async () => {});
    lanScenario(\`S3: on \${hosts} hosts, \${seconds} s\`, async () => {});
    needsMounts('S4, S5: with a disk', (title) => scenario(title, async () => {}));
    test('in one process', () => assert.is(x, 'as S6: is none'));
  `;
  assert.equal(storiesOf(path, text), [
    { numbers: [2], sentence: 'a plain one', place: 'loopback', path },
    { numbers: [3], sentence: 'on … hosts, … s', place: 'a network namespace for each PC (root, Linux)', path },
    { numbers: [4, 5], sentence: 'with a disk', place: 'loopback, with disks that are mounted (root, Linux)', path },
  ]);
});

const told = (numbers: readonly number[]): Story => ({
  numbers,
  sentence: 'it works',
  place: 'loopback',
  path: 'test/x.ts',
});
const plans = { 42: 'two LANs', 43: 'two versions' };
const allTold = Array.from({ length: 48 }, (_, index) => index + 1).filter((number) => !(number in plans));

test('a story without a test is named as such', () => {
  const page = scenariosDocument([told(allTold)], plans);
  assert.match(page, 'Without a test so far: S42, S43.');
  assert.match(page, /## S43\n\n- \*\*Without a test\.\*\*/);
});

test('a story that loses its last test, or gets its first, is noticed', () => {
  assert.throws(() => scenariosDocument([told(allTold.slice(1))], plans), /S1 has neither/);
  assert.throws(() => scenariosDocument([told([...allTold, 42])], plans), /S42 has a test now/);
});

test.run();
