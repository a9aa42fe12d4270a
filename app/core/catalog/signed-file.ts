/** A catalog file and the signature that lies beside it. */
import {
  isNotFound,
  LanspreadError,
  systemCode,
  toLanspreadError,
  type ErrorCode,
  type FileSystem,
} from '../base/index.ts';
import { parseSignature, type TrustAnchor } from '../trust/index.ts';
import { catalogLimits } from './schema.ts';
import type { CatalogTrust } from './standing.ts';

/** 64 bytes raw, in hex or in base64, and some room for line ends. */
const maxSignatureFileBytes = 1024;

/** Where the signature of a file lies. */
export function signaturePathOf(path: string): string {
  return `${path}.sig`;
}

interface SignedFile {
  readonly bytes: Buffer;
  /** Undefined: there is no signature. */
  readonly signer: TrustAnchor | undefined;
}

/**
 * Throws `SIGNATURE_INVALID` when there is a signature and it is of none of the trusted keys over these very bytes;
 * `CATALOG_NOT_FOUND`, `CATALOG_INVALID`.
 */
export async function readSignedCatalog(
  fileSystem: FileSystem,
  path: string,
  trust: Pick<CatalogTrust, 'signerOf' | 'anchors'>,
): Promise<SignedFile> {
  const bytes = await readCatalogFile(fileSystem, path);
  const signature = await readSignature(fileSystem, signaturePathOf(path));
  if (!signature) return { bytes, signer: undefined };
  const signer = trust.signerOf(bytes, signature);
  if (signer) return { bytes, signer };
  throw new LanspreadError('SIGNATURE_INVALID', {
    message:
      trust.anchors().length === 0
        ? `${path} is signed, and this PC trusts no key yet, so the signature cannot be checked.`
        : `The signature beside ${path} is of no key that this PC trusts, or the file was changed after it was signed.`,
    details: { path },
  });
}

/** Undefined when there is none. Throws `SIGNATURE_INVALID` for a file that is no signature. */
export async function readSignature(fileSystem: FileSystem, path: string): Promise<Buffer | undefined> {
  try {
    const { kind, sizeBytes } = await fileSystem.stat(path);
    if (kind !== 'file' || sizeBytes > maxSignatureFileBytes)
      throw new LanspreadError('SIGNATURE_INVALID', { message: `${path} is not an Ed25519 signature.` });
    return parseSignature(await fileSystem.readFile(path));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    // A signature that cannot be read may not turn a signed catalog into an unsigned one.
    throw unreadable(path, error, 'SIGNATURE_INVALID');
  }
}

export async function readCatalogFile(fileSystem: FileSystem, path: string): Promise<Buffer> {
  try {
    const { kind, sizeBytes } = await fileSystem.stat(path);
    if (kind !== 'file') throw new LanspreadError('CATALOG_NOT_FOUND', { message: `${path} is not a file.` });
    if (sizeBytes > catalogLimits.fileBytes)
      throw new LanspreadError('CATALOG_INVALID', { message: `${path} is over ${catalogLimits.fileBytes} bytes.` });
    return await fileSystem.readFile(path);
  } catch (error) {
    throw unreadable(path, error, 'CATALOG_NOT_FOUND');
  }
}

function unreadable(path: string, cause: unknown, code: ErrorCode): LanspreadError {
  if (cause instanceof LanspreadError || systemCode(cause) === undefined) return toLanspreadError(cause);
  return new LanspreadError(code, {
    message: `${path} cannot be read (${systemCode(cause)}).`,
    details: { path },
    cause,
  });
}
