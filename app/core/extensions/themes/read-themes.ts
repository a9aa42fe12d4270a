import { absolutePath, LanspreadError, parseJsonWith, parsePath, type FileSystem } from '../../base/index.ts';
import type { ExtensionManifest } from '../manifest/index.ts';
import { z } from 'zod';

const token = z
  .string()
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'is not the name of a token')
  .max(60);

const themeSchema = z.strictObject({
  /** Colours that are left out are those of this one. */
  base: z.enum(['dark', 'light', 'contrast']),
  colors: z
    .record(token, z.string().regex(/^#[0-9a-fA-F]{6}$/, 'is not a colour such as "#1b2230"'))
    .refine((colors) => Object.keys(colors).length <= 100, 'has over 100 colours'),
});

type ThemeFile = z.output<typeof themeSchema>;

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
