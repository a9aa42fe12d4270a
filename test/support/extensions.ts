/** Small extensions made on the spot. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { RawEntry } from './raw-zip.ts';

export interface ManifestText {
  publisher?: string;
  name?: string;
  version?: string;
  [field: string]: unknown;
}

/** A manifest that asks for nothing; what is given wins. */
export function manifestWith(changes: ManifestText = {}): Record<string, unknown> {
  return {
    publisher: 'acme',
    name: 'toy',
    version: '1.0.0',
    displayName: 'Toy',
    license: 'MIT',
    type: 'module',
    engines: { lanspread: '^1.0.0' },
    main: 'main.js',
    contributes: { unpackers: [{ id: 'toy', label: 'Toy archives', match: { extensions: ['.toy'] } }] },
    ...changes,
  };
}

/** Unpacks nothing, but it registers what the manifest promises. */
export const plainMain = `export function activate(context) {
  context.registerUnpacker('toy', {
    probe: async () => 100,
    list: async () => [],
    plan: async () => ({ kind: 'sink', write: async () => {} }),
  });
}
`;

export function packageEntries(changes: ManifestText = {}, more: readonly RawEntry[] = []): RawEntry[] {
  const manifest = { name: 'package.json', bytes: JSON.stringify(manifestWith(changes)), method: 8 as const };
  return [{ name: 'main.js', bytes: plainMain }, manifest, ...more];
}

/** Writes an extension's folder. */
export async function writeExtension(
  directory: string,
  changes: ManifestText = {},
  files: Record<string, string | Uint8Array> = {},
): Promise<string> {
  const all = { 'package.json': JSON.stringify(manifestWith(changes), null, 2), 'main.js': plainMain, ...files };
  for (const [path, content] of Object.entries(all)) {
    await mkdir(dirname(join(directory, path)), { recursive: true });
    await writeFile(join(directory, path), content);
  }
  return directory;
}
