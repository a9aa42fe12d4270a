import { blake3, Blake3Hasher } from '@napi-rs/blake-hash';

/** BLAKE3-256 of the bytes as 64 lower-case hex digits. */
export function blake3Hex(bytes: Uint8Array | string): string {
  return blake3(typeof bytes === 'string' ? bytes : asBuffer(bytes)).toString('hex');
}

/** An incremental BLAKE3-256. `update` keeps no reference to the bytes; they may be reused afterwards. */
export interface Hasher {
  update(bytes: Uint8Array): void;
  /** The digest so far as hex; the hasher then starts anew. */
  finish(): string;
}

export function createHasher(): Hasher {
  const hasher = new Blake3Hasher();
  return {
    update(bytes) {
      hasher.update(asBuffer(bytes));
    },
    finish() {
      const digest = hasher.digest('hex');
      hasher.reset();
      return digest;
    },
  };
}

/** A Buffer over the same memory. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
