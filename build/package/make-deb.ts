/** The Debian package, around the same files as the tarball. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { entriesOf, gzipOf, tarOf, type Entry } from './archive.ts';
import { writePackageFolder, type PackageOptions } from './make-package.ts';
import { PackageError } from './package-error.ts';
import { fillTemplate } from './start-files.ts';

const architectures = { x64: 'amd64', arm64: 'arm64' } as const;
const programDir = './opt/lanspread';
const scripts = ['preinst', 'postinst', 'prerm', 'postrm'] as const;

/** Makes the package in `outDir` and returns its path. Errors: as `writePackageFolder`. */
export async function makeDeb(outDir: string, options: PackageOptions): Promise<string> {
  const { platform, repository } = options;
  if (platform.os !== 'linux')
    throw new PackageError(
      'PLATFORM_UNKNOWN',
      `A Debian package is for linux-x64 or linux-arm64, not ${platform.name}.`,
    );
  const work = await mkdtemp(join(tmpdir(), 'lanspread-deb-'));
  try {
    const { version } = await writePackageFolder(work, options);
    const architecture = architectures[platform.cpu];
    // The pointer is written when the package is configured: it also names the version before.
    const program = (await entriesOf(work, programDir)).filter(({ path }) => path !== `${programDir}/current`);
    const icon = await readFile(join(repository, 'app', 'shell', 'nw', 'app', 'icon.png'));
    const data: Entry[] = [
      ...program,
      { path: './usr/bin/lanspread', kind: 'link', data: Buffer.from('/opt/lanspread/lanspread') },
      { path: './usr/share/icons/hicolor/256x256/apps/lanspread.png', kind: 'file', data: icon },
      await filled('./usr/share/applications/lanspread.desktop', 'lanspread.desktop'),
      await filled('./usr/lib/systemd/system/lanspread-node.service', 'lanspread-node.service'),
    ];
    const sizeKib = Math.ceil(data.reduce((sum, entry) => sum + entry.data.length, 0) / 1024);
    const values = { VERSION: version, ARCHITECTURE: architecture, SIZE_KIB: String(sizeKib) };
    const control = [await filled('./control', 'deb/control', values)];
    for (const name of scripts) control.push(await filled(`./${name}`, `deb/${name}`, values));
    const path = join(outDir, `lanspread_${version}_${architecture}.deb`);
    await mkdir(outDir, { recursive: true });
    await writeFile(
      path,
      arOf([
        { name: 'debian-binary', data: Buffer.from('2.0\n') },
        { name: 'control.tar.gz', data: gzipOf(await tarOf(control), options) },
        { name: 'data.tar.gz', data: gzipOf(await tarOf(data), options) },
      ]),
    );
    return path;
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

async function filled(path: string, template: string, values: Record<string, string> = {}): Promise<Entry> {
  const kind = scripts.some((name) => path === `./${name}`) ? 'program' : 'file';
  return { path, kind, data: Buffer.from(await fillTemplate(template, values)) };
}

/** The `ar` archive that a `.deb` is (deb(5)). Pure. */
export function arOf(files: readonly { readonly name: string; readonly data: Uint8Array }[]): Buffer {
  const parts = files.flatMap(({ name, data }) => {
    const fields = [name.padEnd(16), '0'.padEnd(12), '0'.padEnd(6), '0'.padEnd(6), '100644'.padEnd(8)];
    const header = `${fields.join('')}${String(data.length).padEnd(10)}\`\n`;
    return [Buffer.from(header), data, Buffer.from(data.length % 2 === 1 ? '\n' : '')];
  });
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts]);
}
