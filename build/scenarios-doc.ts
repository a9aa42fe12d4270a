/** Writes docs/scenarios.md from the titles of the tests: `node build/scenarios-doc.ts`. */
import { globSync, readFileSync, writeFileSync } from 'node:fs';
import { join, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('..', import.meta.url));
export const scenariosDocumentPath = join(root, 'docs', 'scenarios.md');

const storyCount = 48;

/** What a story without a test is to prove, by its number. */
type Plans = Readonly<Record<number, string>>;

/** Stories without a test. Each leaves this table when its test comes. */
const planned: Plans = {
  37: 'one source sends one large game from disk to verified disk as fast as the slower of the two allows',
  48: 'thirty PCs in thirty namespaces all know each other within 10 s and stay within their budget when idle',
};

/** What a test needs, by the function that its title is given to. */
const places: Readonly<Record<string, string>> = {
  scenario: 'loopback',
  needsMounts: 'loopback, with disks that are mounted (root, Linux)',
  lanScenario: 'a network namespace for each PC (root, Linux)',
  test: 'one process',
};

export interface Story {
  /** A title may stand for several. */
  readonly numbers: readonly number[];
  readonly sentence: string;
  readonly place: string;
  readonly path: string;
}

const numbered = /^((?:S\d+)(?:, S\d+)*): ([\s\S]+)$/;

/** The stories that a test file tells, in its order. Pure. */
export function storiesOf(path: string, text: string): Story[] {
  const stories: Story[] = [];
  const visit = (node: ts.Node): void => {
    const found = numbered.exec(titleOf(node) ?? '');
    if (found) {
      const [, names = '', sentence = ''] = found;
      const numbers = names.split(', ').map((name) => Number(name.slice(1)));
      stories.push({ numbers, sentence, place: placeOf(node), path });
    } else ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true));
  return stories;
}

/** A text as it is read: what a template fills in is `…`. */
function titleOf(node: ts.Node): string | undefined {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isTemplateExpression(node)) return undefined;
  return node.head.text + node.templateSpans.map(({ literal }) => `…${literal.text}`).join('');
}

function placeOf(title: ts.Node): string {
  for (let node = title.parent; node !== undefined; node = node.parent) {
    if (!ts.isCallExpression(node) || !ts.isIdentifier(node.expression)) continue;
    const place = places[node.expression.text];
    if (place !== undefined) return place;
  }
  return 'one process';
}

const head = `# Scenarios

What Lanspread has to be able to do, as stories with numbers. Each is told by tests with real peers, one process for each PC;
a test's title begins with the number of its story. Made by \`node build/scenarios-doc.ts\` from those titles.

Run them with \`npm run test:scenarios\`, one with \`node test/run.ts scenarios --only s06\`. Those that need root and Linux are
skipped elsewhere, and the run says so.
`;

/** The page. Throws where a story has neither a test nor a plan, or both. */
export function scenariosDocument(stories: readonly Story[], plans: Plans = planned): string {
  const sections = Array.from({ length: storyCount }, (_, index) =>
    sectionOf(index + 1, { own: stories.filter(({ numbers }) => numbers.includes(index + 1)), plan: plans[index + 1] }),
  );
  const missing = sections.flatMap(({ number, isTold }) => (isTold ? [] : [`S${number}`]));
  const gap = missing.length === 0 ? '' : `\nWithout a test so far: ${missing.join(', ')}.\n`;
  return `${head}${gap}${sections.map(({ text }) => text).join('')}`;
}

function sectionOf(
  number: number,
  { own, plan }: { own: readonly Story[]; plan: string | undefined },
): { number: number; isTold: boolean; text: string } {
  const lines = own.map(({ sentence, place, path }) => {
    const name = path.slice(path.lastIndexOf('/') + 1);
    return `- ${sentence.charAt(0).toUpperCase()}${sentence.slice(1)}. *${place}*, [${name}](../${path})\n`;
  });
  if (own.length > 0 && plan !== undefined) throw new Error(`S${number} has a test now: take it out of \`planned\`.`);
  if (own.length === 0 && plan === undefined) throw new Error(`S${number} has neither a test nor a plan.`);
  return {
    number,
    isTold: own.length > 0,
    text: `\n## S${number}\n\n${own.length > 0 ? lines.join('') : `- **Without a test.** Planned: ${plan}.\n`}`,
  };
}

export function readStories(): Story[] {
  const paths = globSync('test/{scenarios,integration,crash,e2e,unit}/**/*.test.ts', { cwd: root });
  return paths
    .map((path) => path.split(sep).join('/'))
    .sort()
    .flatMap((path) => storiesOf(path, readFileSync(join(root, path), 'utf8')));
}

if (import.meta.main) writeFileSync(scenariosDocumentPath, scenariosDocument(readStories()));
