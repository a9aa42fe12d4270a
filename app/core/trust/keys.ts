/**
 * Ed25519 keys in the formats that people use. A public key may be PEM, OpenSSH's `ssh-ed25519 …`, or its 32 bytes raw, in
 * hex or in base64; a secret key is PEM (PKCS #8). Pure.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { asBuffer, blake3Hex, LanspreadError } from '../base/index.ts';

const keyBytes = 32;

export interface PublicKey {
  /** The key's 32 bytes in lower-case hex. */
  readonly hex: string;
  /** The first half of the key's BLAKE3 hash, which people can compare: 32 hex digits. */
  readonly fingerprint: string;
  readonly object: KeyObject;
}

export interface SecretKey {
  readonly publicKey: PublicKey;
  readonly object: KeyObject;
}

export interface NewKeyPair {
  readonly publicKey: PublicKey;
  readonly secretPem: string;
  readonly publicPem: string;
}

export function generateKeyPair(): NewKeyPair {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  return {
    publicKey: publicKeyOf(publicKey),
    secretPem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicPem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  };
}

/** Throws `KEY_INVALID`. */
export function parsePublicKey(bytes: Uint8Array | string): PublicKey {
  const buffer = typeof bytes === 'string' ? Buffer.from(bytes) : asBuffer(bytes);
  const text = buffer.toString('latin1').trim();
  if (/^-----BEGIN [A-Z ]*PRIVATE KEY-----/m.test(text)) {
    throw new LanspreadError('KEY_INVALID', { message: 'This is a secret key; a public one is needed.' });
  }
  const raw = text.startsWith('-----BEGIN') ? undefined : rawKey(buffer, text);
  try {
    const object = createPublicKey(
      raw ? { key: { kty: 'OKP', crv: 'Ed25519', x: raw.toString('base64url') }, format: 'jwk' } : text,
    );
    if (object.asymmetricKeyType !== 'ed25519') throw new TypeError(`it is ${object.asymmetricKeyType}`);
    return publicKeyOf(object);
  } catch (cause) {
    throw new LanspreadError('KEY_INVALID', { message: 'This is not an Ed25519 public key.', cause });
  }
}

/** Throws `KEY_INVALID`. */
export function parseSecretKey(bytes: Uint8Array | string): SecretKey {
  try {
    const object = createPrivateKey(typeof bytes === 'string' ? bytes : asBuffer(bytes).toString('latin1'));
    if (object.asymmetricKeyType !== 'ed25519') throw new TypeError(`it is ${object.asymmetricKeyType}`);
    return { object, publicKey: publicKeyOf(createPublicKey(object)) };
  } catch (cause) {
    throw new LanspreadError('KEY_INVALID', { message: 'This is not an Ed25519 secret key in PEM.', cause });
  }
}

function publicKeyOf(object: KeyObject): PublicKey {
  const raw = Buffer.from(object.export({ format: 'jwk' }).x ?? '', 'base64url');
  return { hex: raw.toString('hex'), fingerprint: blake3Hex(raw).slice(0, 32), object };
}

/** The 32 bytes of a key in any form except PEM. Throws `KEY_INVALID` for anything else. */
function rawKey(buffer: Buffer, text: string): Buffer {
  if (buffer.length === keyBytes) return buffer;
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  const ssh = /^ssh-ed25519 ([A-Za-z0-9+/=]+)/.exec(text);
  // The blob holds the length-prefixed name of the key type, then the length-prefixed key.
  if (ssh) return Buffer.from(ssh[1] ?? '', 'base64').subarray(-keyBytes);
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return Buffer.from(text, 'base64');
  throw new LanspreadError('KEY_INVALID', { message: 'This is not an Ed25519 public key.' });
}
