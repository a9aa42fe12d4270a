/** Detached Ed25519 signatures. Pure. */
import { sign, verify } from 'node:crypto';
import { asBuffer, LanspreadError } from '../base/index.ts';
import type { PublicKey, SecretKey } from './keys.ts';

const signatureBytes = 64;

/** 64 bytes; the same key and bytes always give the same signature. */
export function signBytes(key: SecretKey, bytes: Uint8Array): Buffer {
  return sign(null, bytes, key.object);
}

export function isSignedBy(key: PublicKey, bytes: Uint8Array, signature: Uint8Array): boolean {
  return signature.length === signatureBytes && verify(null, bytes, key.object, signature);
}

/** The content of a signature file: 64 bytes raw, in hex or in base64. Throws `SIGNATURE_INVALID`. */
export function parseSignature(bytes: Uint8Array): Buffer {
  const buffer = asBuffer(bytes);
  if (buffer.length === signatureBytes) return buffer;
  const text = buffer.toString('latin1').trim();
  if (/^[0-9a-f]{128}$/i.test(text)) return Buffer.from(text, 'hex');
  if (/^[A-Za-z0-9+/]{86}(?:==)?$/.test(text)) return Buffer.from(text, 'base64');
  throw new LanspreadError('SIGNATURE_INVALID', { message: 'This is not an Ed25519 signature.' });
}
