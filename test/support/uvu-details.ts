/**
 * Preloaded for every test file: uvu takes an error's `details` for text and, where they are something else, trips over
 * them and prints nothing at all. Ours are facts in an object; here they become text.
 */
import { registerHooks } from 'node:module';

const trips = "let { details, operator='' } = err;";
const shows = `${trips} if (details && typeof details !== 'string') details = __inspect(details);`;

registerHooks({
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    if (!url.endsWith('/uvu/dist/index.mjs')) return loaded;
    const source = String(loaded.source);
    if (!source.includes(trips)) throw new Error(`uvu has changed; ${import.meta.url} has to follow`);
    return { ...loaded, source: `import { inspect as __inspect } from 'node:util';\n${source.replace(trips, shows)}` };
  },
});
