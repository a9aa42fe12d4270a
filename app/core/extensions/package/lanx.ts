/**
 * The `.lanx` file: a zip with the extension's files. Its signature, when it has one, is the zip's comment, so any zip
 * program opens it. What is signed, and hashed to name the package, is the file without the comment. Pure.
 */
import { asBuffer, blake3Hex, LanspreadError } from '../../base/index.ts';
import { parseManifest, manifestName, maxManifestBytes, type ExtensionManifest } from '../manifest/index.ts';
import { isSignedBy, parsePublicKey, signBytes, type PublicKey, type SecretKey } from '../../trust/index.ts';
import { parseThemes } from '../themes/index.ts';
import { readZip, type ZipFile } from './read-zip.ts';
import { zip } from './zip-format.ts';

/** The largest package that is looked at. */
export const maxPackageBytes = 256 * 1024 * 1024;

export interface OpenedPackage {
  readonly manifest: ExtensionManifest;
  readonly files: readonly ZipFile[];
  /** BLAKE3 of the file without its signature: names the package. */
  readonly hash: string;
  /** Whose signature it bears; one that does not fit is refused before. Whether the key is trusted is another question. */
  readonly signer: PublicKey | undefined;
}

const commentStart = 'lanspread-signature-v1 ';
const commentPattern = /^lanspread-signature-v1 ([0-9a-f]{64}) ([0-9a-f]{128})$/;
const commentBytes = commentStart.length + 64 + 1 + 128;
const commentLengthAt = 20;

/** Opens and checks it. Throws `EXTENSION_INVALID`, `SIGNATURE_INVALID`. */
export function openPackage(bytes: Uint8Array): OpenedPackage {
  if (bytes.length > maxPackageBytes)
    throw new LanspreadError('EXTENSION_INVALID', { message: 'The package is larger than 256 MiB.' });
  const { unsigned, signer } = takeSignature(asBuffer(bytes));
  const files = readZip(unsigned);
  const manifest = parseManifest(manifestText(files));
  assertComplete(manifest, files);
  return { manifest, files, hash: blake3Hex(unsigned), signer };
}

/** The same package with this key's signature in place of any other. Throws `EXTENSION_INVALID`, `SIGNATURE_INVALID`. */
export function signPackage(bytes: Uint8Array, key: SecretKey): Buffer {
  const { unsigned } = splitSignature(asBuffer(bytes));
  readZip(unsigned);
  const signature = signBytes(key, unsigned).toString('hex');
  const comment = Buffer.from(`${commentStart}${key.publicKey.hex} ${signature}`);
  const signed = Buffer.concat([unsigned, comment]);
  signed.writeUInt16LE(comment.length, unsigned.length - zip.endBytes + commentLengthAt);
  return signed;
}

function takeSignature(bytes: Buffer): { unsigned: Buffer; signer: PublicKey | undefined } {
  const { unsigned, comment } = splitSignature(bytes);
  if (comment === undefined) return { unsigned, signer: undefined };
  const [, keyHex = '', signatureHex = ''] = commentPattern.exec(comment) ?? [];
  if (keyHex === '')
    throw new LanspreadError('SIGNATURE_INVALID', { message: 'The signature of the package is malformed.' });
  const signer = parsePublicKey(keyHex);
  if (isSignedBy(signer, unsigned, Buffer.from(signatureHex, 'hex'))) return { unsigned, signer };
  throw new LanspreadError('SIGNATURE_INVALID', {
    message: 'The package was changed after it was signed.',
    details: { fingerprint: signer.fingerprint },
  });
}

function splitSignature(bytes: Buffer): { unsigned: Buffer; comment: string | undefined } {
  const at = bytes.length - commentBytes;
  const isSigned =
    at >= zip.endBytes && bytes.subarray(at, at + commentStart.length).toString('latin1') === commentStart;
  if (!isSigned) return { unsigned: bytes, comment: undefined };
  const unsigned = Buffer.from(bytes.subarray(0, at));
  const lengthAt = unsigned.length - zip.endBytes + commentLengthAt;
  if (unsigned.readUInt16LE(lengthAt) !== commentBytes)
    throw new LanspreadError('SIGNATURE_INVALID', { message: 'The signature of the package is malformed.' });
  unsigned.writeUInt16LE(0, lengthAt);
  return { unsigned, comment: bytes.subarray(at).toString('latin1') };
}

function manifestText(files: readonly ZipFile[]): string {
  const file = files.find(({ path }) => path === manifestName);
  if (!file)
    throw new LanspreadError('EXTENSION_INVALID', {
      message: `The package has no ${manifestName}: it is no extension.`,
    });
  if (file.sizeBytes > maxManifestBytes)
    throw new LanspreadError('EXTENSION_INVALID', { message: `${manifestName} is larger than 256 KiB.` });
  return file.read().toString('utf8');
}

/** Every file that the manifest names is there, themes are sound, and the tools are the ones it means. */
export function assertComplete(
  manifest: ExtensionManifest,
  files: readonly { readonly path: string; read(): Uint8Array }[],
): void {
  const { main, contributes, tools } = manifest;
  const byPath = new Map(files.map((file) => [file.path, file]));
  const missing = (field: string, path: string): LanspreadError =>
    new LanspreadError('EXTENSION_INVALID', {
      message: `${field} names ${JSON.stringify(path)}, which is not in the extension.`,
      details: { field },
    });
  if (main !== undefined && !byPath.has(main)) throw missing('main', main);
  for (const [index, { path }] of contributes.themes.entries())
    if (!byPath.has(path)) throw missing(`contributes.themes[${index}].path`, path);
  parseThemes(manifest, (path) => byPath.get(path)?.read() ?? new Uint8Array());
  for (const [name, builds] of Object.entries(tools)) {
    for (const [platform, build] of Object.entries(builds)) {
      const field = `tools.${name}.${platform}`;
      if (build.package !== undefined)
        throw new LanspreadError('EXTENSION_INVALID', {
          message: `${field}.package: only what ships with Lanspread may use programs of its packages.`,
          details: { field: `${field}.package` },
        });
      const named = [
        { field, ...build },
        ...(build.files ?? []).map((one, at) => ({ field: `${field}.files[${at}]`, ...one })),
      ];
      for (const { field: where, path, blake3 } of named) {
        const file = byPath.get(path);
        if (!file) throw missing(`${where}.path`, path);
        const actual = blake3Hex(file.read());
        if (actual !== blake3)
          throw new LanspreadError('EXTENSION_INVALID', {
            message: `${where}.blake3 is not the hash of ${path}, which is ${actual}; \`lanspread extension pin\` writes it.`,
            details: { field: `${where}.blake3`, blake3: actual },
          });
      }
    }
  }
}
