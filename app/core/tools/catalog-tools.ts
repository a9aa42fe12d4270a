/** For operators and authors: catalogs made, signed and checked without a core. */
import { writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import {
  LanspreadError,
  nodeFileSystem,
  systemCode,
  toLanspreadError,
  whyUnsafe,
  writeFileAtomic,
} from '../base/index.ts';
import {
  buildCatalogFile,
  parseCatalog,
  readCatalogFile,
  readSignature,
  signaturePathOf,
  type BuildCatalogOptions,
} from '../catalog/index.ts';
import { checkPayload, type InstallProblem } from '../install/index.ts';
import { openBuiltInUnpackers } from './built-in-unpackers.ts';
import { trustDirectories } from '../wiring/catalogs.ts';
import { describeRoot, WorkerBlockHasher } from '../library/index.ts';
import {
  generateKeyPair,
  isSignedBy,
  parsePublicKey,
  parseSecretKey,
  signBytes,
  Trust,
  type PublicKey,
  type SecretKey,
} from '../trust/index.ts';

export interface MakeCatalogOptions extends Omit<BuildCatalogOptions, 'readRoot' | 'fileSystem'> {
  output: string;
  /** Hashes every game, and names the root of its manifest. */
  pin: boolean;
  /** Folders of extensions: their unpackers look into the games' archives. Left out: nobody does. */
  builtInExtensions?: readonly string[];
}

export interface MadeCatalog {
  readonly path: string;
  readonly gameCount: number;
  readonly pinnedCount: number;
  /** Games that are listed and cannot be installed. */
  readonly problems: readonly ({ readonly gameId: string } & InstallProblem)[];
}

/** Errors: those of `buildCatalogFile`. */
export async function makeCatalog({
  pin,
  builtInExtensions = [],
  ...options
}: MakeCatalogOptions): Promise<MadeCatalog> {
  await using hasher = pin ? new WorkerBlockHasher() : undefined;
  const roots = new Map<string, string>();
  const built = await buildCatalogFile({
    ...options,
    readRoot: async (game, { signal }) => {
      const facts = await describeRoot(game, { fileSystem: nodeFileSystem, signal, ...(hasher && { hasher }) });
      if (facts) roots.set(game.id, game.root);
      return facts;
    },
  });
  await using opened = await openBuiltInUnpackers(builtInExtensions);
  const { unpackers } = opened;
  const problems: MadeCatalog['problems'][number][] = [];
  const { signal = new AbortController().signal } = options;
  for (const { id, unpack, needs = [] } of parseCatalog(await readCatalogFile(nodeFileSystem, built.path)).games) {
    const root = roots.get(id);
    // Only an extension can tell whether it opens an archive.
    const isOurs = needs.every((needed) => unpackers.some((unpacker) => unpacker.id.startsWith(`${needed}/`)));
    if (root === undefined || unpackers.length === 0 || !isOurs) continue;
    const rules = { ...(unpack !== undefined && { unpack }) };
    const problem = await checkPayload(root, { fileSystem: nodeFileSystem, unpackers, rules, signal });
    if (problem) problems.push({ gameId: id, ...problem });
  }
  return { ...built, problems };
}

export interface KeyFiles {
  readonly secretPath: string;
  readonly publicPath: string;
  readonly fingerprint: string;
}

/** Writes `<path>.key`, for its owner alone, and `<path>.pub`. Errors: `BAD_REQUEST` when there is one, file system. */
export async function makeKeyFiles(path: string): Promise<KeyFiles> {
  const [secretPath, publicPath] = [`${resolve(path)}.key`, `${resolve(path)}.pub`];
  const { publicKey, secretPem, publicPem } = generateKeyPair();
  // Never over a key that is there: what it signed could be signed no more.
  await writeNew(secretPath, secretPem, 0o600);
  await writeNew(publicPath, publicPem, 0o644);
  return { secretPath, publicPath, fingerprint: publicKey.fingerprint };
}

async function writeNew(path: string, text: string, mode: number): Promise<void> {
  try {
    await writeFile(path, text, { flag: 'wx', mode });
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw toLanspreadError(error, 'IO_ERROR');
    throw new LanspreadError('BAD_REQUEST', { message: `There is a file ${path} already; it is left as it is.` });
  }
}

export interface Signed {
  readonly signaturePath: string;
  readonly fingerprint: string;
  readonly gameCount: number;
}

/** Signs a catalog that can be imported. Errors: `CATALOG_NOT_FOUND`, `CATALOG_INVALID`, `KEY_INVALID`, file system. */
export async function signCatalog(path: string, keyPath: string): Promise<Signed> {
  const bytes = await readCatalogFile(nodeFileSystem, resolve(path));
  const { games } = parseCatalog(bytes);
  const key = await readSecretKey(keyPath);
  const signaturePath = signaturePathOf(resolve(path));
  await writeFileAtomic(nodeFileSystem, { path: signaturePath, data: signBytes(key, bytes) });
  return { signaturePath, fingerprint: key.publicKey.fingerprint, gameCount: games.length };
}

export interface Verified {
  /** The file of the key, or the anchor's name. */
  readonly signedBy: string;
  readonly fingerprint: string;
  readonly gameCount: number;
}

/**
 * Holds a catalog against its signature, by the keys in these files or, without any, by those that a PC with this state
 * directory trusts. Errors: `CATALOG_UNSIGNED`, `SIGNATURE_INVALID`, `CATALOG_NOT_FOUND`, `CATALOG_INVALID`, `KEY_INVALID`.
 */
export async function verifyCatalog(
  path: string,
  { keyPaths = [], stateDir }: { keyPaths?: readonly string[]; stateDir: string },
): Promise<Verified> {
  const file = resolve(path);
  const bytes = await readCatalogFile(nodeFileSystem, file);
  const { games } = parseCatalog(bytes);
  const signature = await readSignature(nodeFileSystem, signaturePathOf(file));
  if (!signature)
    throw new LanspreadError('CATALOG_UNSIGNED', { message: `There is no signature ${signaturePathOf(file)}.` });
  const keys = await keysOf(keyPaths, stateDir);
  const signer = keys.find(({ key }) => isSignedBy(key, bytes, signature));
  if (signer) return { signedBy: signer.name, fingerprint: signer.key.fingerprint, gameCount: games.length };
  const count = keys.length === 1 ? 'the one key' : `any of ${keys.length} keys`;
  throw new LanspreadError('SIGNATURE_INVALID', {
    message:
      keys.length === 0
        ? `There is no key to hold ${file} against: name one with --key, or put one into ${join(stateDir, 'certs')}.`
        : `${file} was changed after it was signed, or is not signed by ${count} that it was held against.`,
    details: { path: file },
  });
}

async function keysOf(keyPaths: readonly string[], stateDir: string): Promise<{ name: string; key: PublicKey }[]> {
  if (keyPaths.length > 0)
    return await Promise.all(keyPaths.map(async (path) => ({ name: path, key: await readPublicKey(path) })));
  const trust = new Trust({ directories: trustDirectories(stateDir) });
  await trust.load();
  return [...trust.anchors()];
}

/** Lays a public key beside those that a PC trusts. Errors: `KEY_INVALID`, file system. */
export async function trustKey(
  keyPath: string,
  { stateDir, name }: { stateDir: string; name: string },
): Promise<{ path: string; fingerprint: string }> {
  const reason = whyUnsafe(name, { atGameRoot: false, platform: 'win32' });
  if (reason !== undefined || name.includes('/'))
    throw new LanspreadError('BAD_REQUEST', { message: `A key cannot be called ${JSON.stringify(name)}.` });
  const key = await readPublicKey(keyPath);
  const path = join(stateDir, 'certs', `${name}.pub`);
  await nodeFileSystem.makeDirectory(dirname(path));
  await writeFileAtomic(nodeFileSystem, { path, data: `${key.hex}\n` });
  return { path, fingerprint: key.fingerprint };
}

async function readPublicKey(path: string): Promise<PublicKey> {
  return parsePublicKey(await readKeyFile(path));
}

async function readSecretKey(path: string): Promise<SecretKey> {
  return parseSecretKey(await readKeyFile(path));
}

async function readKeyFile(path: string): Promise<Buffer> {
  try {
    return await nodeFileSystem.readFile(resolve(path));
  } catch (cause) {
    throw new LanspreadError('KEY_INVALID', {
      message: `The key ${resolve(path)} cannot be read (${systemCode(cause) ?? 'unknown'}).`,
      cause,
    });
  }
}
