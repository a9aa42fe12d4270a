/** For authors: extensions packed, signed, tested and run without a core. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { LanspreadError, nodeFileSystem, statOf, writeFileAtomic } from './base/index.ts';
import { maxPackageBytes, openPackage, packFolder, signPackage, type OpenedPackage } from './extensions/index.ts';
import { parseSecretKey, type SecretKey } from './trust/index.ts';

export { developExtension, testExtension, type CheckResult, type DevelopmentEvent } from './extensions/index.ts';

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
