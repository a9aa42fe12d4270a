/** For authors: extensions packed, signed, tested and run without a core. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import {
  absolutePath,
  blake3Hex,
  LanspreadError,
  nodeFileSystem,
  parseJsonWith,
  parsePath,
  statOf,
  writeFileAtomic,
} from '../base/index.ts';
import {
  manifestName,
  maxPackageBytes,
  openPackage,
  packFolder,
  signPackage,
  type OpenedPackage,
} from '../extensions/index.ts';
import { parseSecretKey, type SecretKey } from '../trust/index.ts';

export { developExtension, testExtension, type CheckResult, type DevelopmentEvent } from '../extensions/index.ts';

export interface PackageFacts {
  /** Absolute. */
  readonly path: string;
  readonly id: string;
  readonly label: string;
  readonly version: string;
  readonly sizeBytes: number;
  /** BLAKE3 of the package without its signature. */
  readonly hash: string;
  readonly files: readonly { readonly path: string; readonly sizeBytes: number }[];
  readonly permissions: {
    readonly tools: readonly string[];
    readonly net: readonly string[];
    readonly read: readonly string[];
  };
  /** Of the key that signed it. */
  readonly fingerprint?: string;
}

/**
 * Packs an extension's folder into one file. `output`: a file; `<id>-<version>.lanx` here when left out. Errors:
 * `EXTENSION_INVALID`, `EXTENSION_INCOMPATIBLE`, `KEY_INVALID`, file system.
 */
export async function packExtension(
  directory: string,
  { output, keyPath }: { output?: string | undefined; keyPath?: string | undefined } = {},
): Promise<PackageFacts> {
  const key = keyPath === undefined ? undefined : await readKey(keyPath);
  const { manifest, bytes } = await packFolder(nodeFileSystem, resolve(directory));
  const path = resolve(output ?? `${manifest.id}-${manifest.version}.lanx`);
  const packed = key ? signPackage(bytes, key) : bytes;
  // Held against every rule of an install before anybody gets it.
  const opened = openPackage(packed);
  await writeFileAtomic(nodeFileSystem, { path, data: packed });
  return factsOf(path, packed.length, opened);
}

/** Signs a package in place, or into `output`. Errors: as `packExtension`, `SIGNATURE_INVALID`. */
export async function signExtension(
  file: string,
  { keyPath, output }: { keyPath: string; output?: string | undefined },
): Promise<PackageFacts> {
  const key = await readKey(keyPath);
  const bytes = await readPackageFile(file);
  openPackage(bytes);
  const signed = signPackage(bytes, key);
  const path = resolve(output ?? file);
  await writeFileAtomic(nodeFileSystem, { path, data: signed });
  return factsOf(path, signed.length, openPackage(signed));
}

export interface PinnedTools {
  /** Absolute. */
  readonly path: string;
  readonly pinned: readonly { readonly field: string; readonly path: string; readonly blake3: string }[];
}

const pinnableFile = z.looseObject({ path: z.string() });
const pinnableBuild = z.looseObject({ path: z.string(), files: z.array(pinnableFile).optional() });
const pinnable = z.looseObject({
  tools: z.record(z.string(), z.record(z.string(), pinnableBuild)).default({}),
});

/** Writes the hashes of an extension's tools into its manifest. Errors: `EXTENSION_INVALID`, `INVALID_PATH`, file system. */
export async function pinTools(directory: string): Promise<PinnedTools> {
  const folder = resolve(directory);
  const path = join(folder, manifestName);
  if (!(await statOf(nodeFileSystem, path)))
    throw new LanspreadError('EXTENSION_INVALID', { message: `There is no ${manifestName} in ${folder}.` });
  const text = (await nodeFileSystem.readFile(path)).toString('utf8');
  const manifest = parseJsonWith(pinnable, text, { what: manifestName, code: 'EXTENSION_INVALID' });
  const pinned: { field: string; path: string; blake3: string }[] = [];
  const pin = async (field: string, file: z.output<typeof pinnableFile>): Promise<void> => {
    const tool = parsePath(file.path, { atGameRoot: false });
    const absolute = absolutePath(folder, tool);
    if (!(await statOf(nodeFileSystem, absolute)))
      throw new LanspreadError('EXTENSION_INVALID', { message: `${field}.path: there is no file ${tool}.` });
    const blake3 = blake3Hex(await nodeFileSystem.readFile(absolute));
    file['blake3'] = blake3;
    pinned.push({ field, path: tool, blake3 });
  };
  for (const [name, builds] of Object.entries(manifest.tools)) {
    for (const [platform, build] of Object.entries(builds)) {
      await pin(`tools.${name}.${platform}`, build);
      for (const [at, file] of (build.files ?? []).entries()) await pin(`tools.${name}.${platform}.files[${at}]`, file);
    }
  }
  const data = `${JSON.stringify(manifest, null, 2)}\n`;
  if (pinned.length > 0) await writeFileAtomic(nodeFileSystem, { path, data });
  return { path, pinned };
}

async function readPackageFile(file: string): Promise<Buffer> {
  const path = resolve(file);
  const stat = await statOf(nodeFileSystem, path);
  if (!stat) throw new LanspreadError('EXTENSION_INVALID', { message: `There is no file ${path}.` });
  if (stat.kind === 'directory')
    throw new LanspreadError('EXTENSION_INVALID', { message: `${path} is a folder: pack it first.` });
  if (stat.sizeBytes > maxPackageBytes)
    throw new LanspreadError('EXTENSION_INVALID', { message: `${path} is larger than 256 MiB.` });
  return await nodeFileSystem.readFile(path);
}

async function readKey(path: string): Promise<SecretKey> {
  const file = resolve(path);
  if (!(await statOf(nodeFileSystem, file)))
    throw new LanspreadError('KEY_INVALID', { message: `There is no key ${file}.` });
  return parseSecretKey(await nodeFileSystem.readFile(file));
}

function factsOf(path: string, sizeBytes: number, { manifest, hash, files, signer }: OpenedPackage): PackageFacts {
  const { id, displayName: label, version, permissions } = manifest;
  return {
    path,
    id,
    label,
    version,
    sizeBytes,
    hash,
    files: files.map((file) => ({ path: file.path, sizeBytes: file.sizeBytes })),
    permissions,
    ...(signer && { fingerprint: signer.fingerprint }),
  };
}

/** A folder for what an extension keeps while its author works on it. */
export async function temporaryFolder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await mkdtemp(join(tmpdir(), 'lanspread-extension-'));
  return { path, [Symbol.asyncDispose]: () => nodeFileSystem.deleteTree(path) };
}
