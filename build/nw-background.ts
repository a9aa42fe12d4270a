/**
 * Bundles the NW.js background script: `app/shell/nw/background.ts` to `app/shell/nw/app/dist/background.js`, CommonJS
 * in one file, because NW.js loads no ES modules in its background page.
 */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export async function buildNwBackground({ outDir = path('../app/shell/nw/app/dist') } = {}): Promise<void> {
  await build({
    configFile: false,
    logLevel: 'warn',
    root: path('../app/shell/nw'),
    build: {
      outDir,
      emptyOutDir: true,
      minify: false,
      target: 'es2023',
      ssr: path('../app/shell/nw/background.ts'),
      rolldownOptions: { output: { format: 'cjs', entryFileNames: 'background.js' } },
    },
  });
}

if (import.meta.main) await buildNwBackground();
