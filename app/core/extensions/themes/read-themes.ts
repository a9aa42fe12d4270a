import { join } from 'node:path';
import { absolutePath, LanspreadError, parseJsonWith, parsePath, type FileSystem } from '../../base/index.ts';
import type { ExtensionManifest } from '../manifest/index.ts';
import { themeSchema, type ThemeFile } from './schema.ts';

export interface Theme extends ThemeFile {
  readonly id: string;
  readonly label: string;
  readonly extensionId: string;
}

const maxThemeBytes = 64 * 1024;

/** The themes that an extension contributes. Errors: `EXTENSION_INVALID` with the field; the file system's. */
export async function readThemes(
  fileSystem: FileSystem,
  { directory, manifest }: { directory: string; manifest: ExtensionManifest },
): Promise<Theme[]> {
  const themes: Theme[] = [];
  for (const { id, label, path } of manifest.contributes.themes) {
    const file = absolutePath(directory, parsePath(path, { atGameRoot: false }));
    if ((await fileSystem.stat(file)).sizeBytes > maxThemeBytes)
      throw new LanspreadError('EXTENSION_INVALID', { message: `${join(path)} is larger than 64 KiB.` });
    const text = (await fileSystem.readFile(file)).toString('utf8');
    const theme = parseJsonWith(themeSchema, text, { what: `theme ${path}`, code: 'EXTENSION_INVALID' });
    themes.push({ id, label, extensionId: manifest.id, ...theme });
  }
  return themes;
}
