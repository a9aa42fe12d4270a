import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { fieldsOf, fieldText, withAnswer, type SchemaField } from '../../../app/ui/screens/settings/schema-fields.ts';

const schema = {
  type: 'object',
  properties: {
    folders: { type: 'array', title: 'Folders', description: 'Absolute.', items: { type: 'string' } },
    url: { type: 'string' },
    pages: { type: 'integer' },
    deep: { type: 'boolean', title: ' ' },
    odd: { type: 'object' },
    numbers: { type: 'array', items: { type: 'number' } },
  },
};

test('a schema asks what a form can ask; the rest is left out', () => {
  assert.equal(
    fieldsOf(schema).map(({ name, title, kind }) => [name, title, kind]),
    [
      ['folders', 'Folders', 'texts'],
      ['url', 'url', 'text'],
      ['pages', 'pages', 'number'],
      ['deep', 'deep', 'boolean'],
    ],
  );
  for (const nonsense of [undefined, null, 'text', [], { properties: [] }, { properties: { a: 1 } }])
    assert.equal(fieldsOf(nonsense), []);
});

const field = (kind: SchemaField['kind']): SchemaField => ({ name: 'it', title: 'It', description: undefined, kind });

test('an answer changes its own field alone, and goes back to the text that was typed', () => {
  const before = { other: { kept: true }, it: ['old'] };
  const after = withAnswer(before, field('texts'), ' /a \n\n/media/*/*\n');
  assert.equal(after, { other: { kept: true }, it: ['/a', '/media/*/*'] });
  assert.is(fieldText(field('texts'), after), '/a\n/media/*/*');
  assert.equal(withAnswer({}, field('number'), '2,5'), { it: 2.5 });
  assert.equal(withAnswer({}, field('number'), 'many'), { it: 'many' }, 'the core says what is wrong with it');
  assert.equal(withAnswer(undefined, field('boolean'), true), { it: true });
});

test('an emptied field is left out, an emptied list is a list', () => {
  assert.equal(withAnswer({ it: 'x', other: 1 }, field('text'), '  '), { other: 1 });
  assert.equal(withAnswer({ it: ['x'] }, field('texts'), ''), { it: [] });
});

test.run();
