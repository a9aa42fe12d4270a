/** What the components may not hold: texts, styles and scripts of their own. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parse, type AST } from 'svelte/compiler';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { extensionTexts } from '../../../app/ui/i18n/messages/extensions.ts';
import { firstRun } from '../../../app/ui/i18n/messages/first-run.ts';
import { kioskTexts } from '../../../app/ui/i18n/messages/kiosk.ts';
import { roomTexts } from '../../../app/ui/i18n/messages/room.ts';
import { settings } from '../../../app/ui/i18n/messages/settings.ts';

const root = fileURLToPath(new URL('../../../app/ui/', import.meta.url));
const components = globSync('**/*.svelte', { cwd: root, exclude: ['dist/**'] }).sort();

/** Read out, or shown: what a person would have to understand. */
const spoken = new Set([
  'aria-label',
  'aria-description',
  'aria-roledescription',
  'alt',
  'title',
  'placeholder',
  'label',
]);
/** Props of our own components that are shown. */
const shownProps = new Set(['label', 'hint', 'text', 'title', 'error', 'agree']);
/** Of the brand, and what no language says differently. */
const allowed = new Set(['lan', 'spread', 'lanspread doctor']);

interface Finding {
  readonly file: string;
  readonly what: string;
}

function findingsIn(file: string): Finding[] {
  const source = readFileSync(`${root}${file}`, 'utf8');
  const { fragment } = parse(source, { modern: true });
  const found: Finding[] = [];
  const complain = (what: string): void => void found.push({ file, what });
  visit(fragment, (node) => {
    if (node.type === 'Text' && isProse(node.data)) complain(`text ${JSON.stringify(node.data.trim())}`);
    if (node.type === 'ExpressionTag' && node.expression.type === 'Literal' && isProse(String(node.expression.value)))
      complain(`text ${JSON.stringify(node.expression.value)}`);
    if (!('attributes' in node) || !Array.isArray(node.attributes)) return;
    for (const attribute of node.attributes as AST.Attribute[]) {
      if (attribute.type !== 'Attribute') continue;
      if (attribute.name === 'style') complain('a style attribute');
      const isShown = spoken.has(attribute.name) || (node.type === 'Component' && shownProps.has(attribute.name));
      if (!isShown || !Array.isArray(attribute.value)) continue;
      for (const part of attribute.value)
        if (part.type === 'Text' && isProse(part.data)) complain(`${attribute.name}=${JSON.stringify(part.data)}`);
    }
    if ('name' in node && (node.name === 'script' || node.name === 'style')) complain(`a <${node.name}> in the markup`);
  });
  return found;
}

/** Every node of the markup, without what is inside of attributes and expressions. */
function visit(node: unknown, see: (node: AST.TemplateNode) => void): void {
  if (typeof node !== 'object' || node === null) return;
  if (Array.isArray(node)) {
    for (const each of node) visit(each, see);
    return;
  }
  // The compiler's own tree: its nodes have a type.
  if ('type' in node) see(node as AST.TemplateNode);
  for (const [key, value] of Object.entries(node))
    if (!['attributes', 'expression', 'test', 'context', 'key', 'parent', 'metadata'].includes(key)) visit(value, see);
}

/** Two letters in a row: punctuation, digits and arrows belong to no language. */
function isProse(text: string): boolean {
  return /\p{L}{2}/u.test(text) && !allowed.has(text.trim());
}

test('no component holds a text, a style attribute or a script of its own', () => {
  assert.ok(components.length > 30, 'the components are found');
  assert.equal(
    components.flatMap(findingsIn).map(({ file, what }) => `${file}: ${what}`),
    [],
  );
});

test('every message of these areas is asked for somewhere', () => {
  const sources = globSync('**/*.{svelte,ts}', { cwd: root, exclude: ['dist/**', 'i18n/messages/**'] }).map((file) =>
    readFileSync(`${root}${file}`, 'utf8'),
  );
  const whole = sources.join('\n');
  const areas = [settings, extensionTexts, roomTexts, firstRun, kioskTexts];
  const unused = areas
    .flatMap(({ en }) => Object.keys(en))
    .filter((key) => {
      if (whole.includes(`'${key}'`)) return false;
      // Built from parts: `theme.${value}`.
      const dots = [...key.matchAll(/\./g)].map(({ index }) => index + 1);
      return !dots.some((at) => whole.includes(`\`${key.slice(0, at)}\${`));
    });
  assert.equal(unused, []);
});

test.run();
