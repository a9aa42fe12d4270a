/** Builds the UI: `npm run build:ui`. */
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const configFile = fileURLToPath(new URL('vite.config.ts', import.meta.url));

export async function buildUi({ outDir }: { outDir?: string } = {}): Promise<void> {
  await build({ configFile, logLevel: 'error', ...(outDir !== undefined && { build: { outDir } }) });
}

if (import.meta.main) await buildUi();
