import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { errorsDe } from '../../../app/ui/i18n/errors-de.ts';
import { errorTable } from '../../../app/core/base/index.ts';

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

test('what is to be typed is the same in both languages', () => {
  const typed = (text: string): string[] => (text.match(/`[^`]+`|\/ip4\S+quic-v1/g) ?? []).sort();
  for (const [code, { next }] of Object.entries(errorsDe))
    assert.equal(typed(next), typed(errorTable[code as keyof typeof errorTable].next), code);
});

test.run();
