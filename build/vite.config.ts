/** How the UI is built: `app/ui` to `app/ui/dist`, everything in it, nothing fetched from elsewhere. */
import { fileURLToPath } from 'node:url';
import { svelte, vitePreprocess } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));

export default defineConfig({
  root: path('../app/ui'),
  base: '/',
  plugins: [
    svelte({
      configFile: false,
      preprocess: vitePreprocess(),
      compilerOptions: { runes: true },
    }),
  ],
  // The RPC client is the command line's; only the library's floor under it differs.
  resolve: { alias: { 'vscode-jsonrpc/node': 'vscode-jsonrpc/browser' } },
  build: {
    outDir: path('../app/ui/dist'),
    emptyOutDir: true,
    target: 'chrome120',
    // A strict content policy forbids inlined data and scripts.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: {
      // Of the core only what is used here; none of its files does anything by being loaded.
      treeshake: { moduleSideEffects: (id) => !id.includes('/app/core/') },
    },
  },
});
