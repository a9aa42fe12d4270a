import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { errorsDe } from '../../../app/ui/i18n/errors-de.ts';
import { keptText } from '../../../app/ui/i18n/errors.ts';
import { errorTable, isErrorCode } from '../../../app/core/base/index.ts';

test('every error of the core is told in German, and no other', () => {
  assert.equal(Object.keys(errorsDe).sort(), Object.keys(errorTable).sort());
});

test('each German error says what happened and what to do, as whole sentences of its own', () => {
  for (const [code, text] of Object.entries(errorsDe)) {
    const english = errorTable[code as keyof typeof errorTable];
    for (const sentence of [text.message, text.next]) assert.match(sentence, /^[\p{Lu}`„].{3,}[.?]$/u, code);
    assert.is.not(text.message, english.message, code);
    assert.is.not(text.next, english.next, code);
  }
});

test('what an error left in place is told in both languages, and nothing where nothing was changed', () => {
  for (const code of Object.keys(errorTable).filter(isErrorCode)) {
    const { kept } = errorTable[code];
    const texts = [keptText('en', code), keptText('de', code)];
    if (kept === 'Nothing was changed.') assert.equal(texts, [undefined, undefined], code);
    else {
      assert.is(texts[0], kept);
      assert.match(texts[1] ?? '', /^\p{Lu}.+\.$/u, code);
      assert.is.not(texts[1], kept, code);
    }
  }
});

test('what is to be typed is the same in both languages', () => {
  const typed = (text: string): string[] => (text.match(/`[^`]+`|\/ip4\S+quic-v1/g) ?? []).sort();
  for (const [code, { next }] of Object.entries(errorsDe))
    assert.equal(typed(next), typed(errorTable[code as keyof typeof errorTable].next), code);
});

test.run();
