import { absolutePath, LanspreadError, parseJsonWith, parsePath, type FileSystem } from '../../base/index.ts';
import type { ExtensionManifest } from '../manifest/index.ts';
import { themeSchema, type ThemeFile } from './schema.ts';

export interface Theme extends ThemeFile {
  readonly id: string;
  readonly label: string;
  readonly extensionId: string;
}

const maxThemeBytes = 64 * 1024;

/** The themes that an extension contributes, from its files. Throws `EXTENSION_INVALID` with the file and field. */
export function parseThemes(manifest: ExtensionManifest, contentOf: (path: string) => Uint8Array): Theme[] {
  return manifest.contributes.themes.map(({ id, label, path }) => {
    const bytes = contentOf(path);
    if (bytes.length > maxThemeBytes)
      throw new LanspreadError('EXTENSION_INVALID', { message: `${path} is larger than 64 KiB.` });
    const text = Buffer.from(bytes).toString('utf8');
    const theme = parseJsonWith(themeSchema, text, { what: `theme ${path}`, code: 'EXTENSION_INVALID' });
    return { id, label, extensionId: manifest.id, ...theme };
  });
}

/** The same from a folder. Errors: `EXTENSION_INVALID`, the file system's. */
export async function readThemes(
  fileSystem: FileSystem,
  { directory, manifest }: { directory: string; manifest: ExtensionManifest },
): Promise<Theme[]> {
  const contents = new Map<string, Uint8Array>();
  for (const { path } of manifest.contributes.themes) {
    const file = absolutePath(directory, parsePath(path, { atGameRoot: false }));
    const { sizeBytes } = await fileSystem.stat(file);
    contents.set(path, sizeBytes > maxThemeBytes ? Buffer.alloc(maxThemeBytes + 1) : await fileSystem.readFile(file));
  }
  return parseThemes(manifest, (path) => contents.get(path) ?? new Uint8Array());
}
