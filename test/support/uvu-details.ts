/**
 * Preloaded for every test file. Two things of uvu are changed:
 * - It takes an error's `details` for text and, where they are something else, trips over them and prints nothing at all.
 *   Ours are facts in an object; here they become text.
 * - Tests that this system cannot run are skipped by their name (`test/windows/absent.ts`). One that is listed and not
 *   there any more fails its file.
 */
import { registerHooks } from 'node:module';
import { hostOf, listedTests } from '../windows/absent.ts';

const replacements: readonly [from: string, to: string][] = [
  [
    "let { details, operator='' } = err;",
    `$& if (details && typeof details !== 'string') details = __inspect(details);`,
  ],
  [
    "const test = into(ctx, 'tests');",
    `const __add = into(ctx, 'tests');
	const test = (name, handler) => __isSkipped(name) ? test.skip() : __add(name, handler);`,
  ],
];

const listed = listedTests(process.argv[1] ?? '', { host: hostOf(process.platform, process.env) });
const missing = new Set(listed.map(({ test }) => test));
const skipped = new Set(listed.filter(({ isSkipped }) => isSkipped).map(({ test }) => test));

function isSkipped(name: string): boolean {
  missing.delete(name);
  return skipped.has(name);
}

Object.assign(globalThis, { __isSkipped: isSkipped });
process.on('exit', () => {
  for (const name of missing) {
    console.error(`test/windows/absent.ts lists a test that is not here: ${name}`);
    process.exitCode = 1;
  }
});

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith('/uvu/dist/index.mjs')) return loaded;
    let source = String(loaded.source);
    for (const [from, to] of replacements) {
      if (!source.includes(from)) throw new Error(`uvu has changed; ${import.meta.url} has to follow`);
      source = source.replace(from, to);
    }
    return { ...loaded, source: `import { inspect as __inspect } from 'node:util';\n${source}` };
  },
});
