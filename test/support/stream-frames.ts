/** Streams of a streamed install made by hand: frames as a sender sends them, honest or not. */
import { blake3Hex } from '../../app/core/base/index.ts';
import { contentPrefix, encodeFrame, type StreamEntry, type StreamMessage } from '../../app/core/protocol/index.ts';
import type { ByteRoad } from '../../app/core/streamed/types.ts';

export const said = (message: StreamMessage | { ok: true } | { ok: false; code: string; message: string }): Buffer =>
  encodeFrame(message);

export function content(bytes: Uint8Array, section = 0): Buffer {
  return Buffer.concat([contentPrefix(bytes.length, section), bytes]);
}

export interface SentFile {
  readonly path: string;
  readonly bytes: Buffer;
}

/** What an honest sender says of these files, piece by piece, to be spoilt. */
export interface HonestStream {
  ok: Buffer;
  plan: Buffer;
  entries: Buffer;
  content: Buffer;
  hashes: Buffer;
  verdict: Buffer;
}

export function honest(files: readonly SentFile[]): HonestStream {
  const entries = files.map(({ path, bytes }): StreamEntry => ({ path, size: bytes.length, kind: 'file' }));
  const all = Buffer.concat(files.map(({ bytes }) => bytes));
  return {
    ok: said({ ok: true }),
    plan: said({ kind: 'plan', entries: entries.length, totalBytes: all.length }),
    entries: said({ kind: 'entries', entries }),
    content: content(all),
    hashes: said({ kind: 'hashes', hashes: files.map(({ bytes }) => blake3Hex(bytes)) }),
    verdict: said({ kind: 'sound' }),
  };
}

export interface FakeRoad extends ByteRoad {
  /** Somebody left it. */
  isLeft: boolean;
}

/** A road that brings these bytes in pieces of some length; each piece is overwritten once the next is asked for. */
export function roadOf(frames: readonly Buffer[], { pieceBytes = 7, isSilent = false } = {}): FakeRoad {
  const all = Buffer.concat(frames);
  const piece = Buffer.alloc(pieceBytes);
  let at = 0;
  return {
    isLeft: false,
    async read() {
      piece.fill(0xee);
      if (at >= all.length) return isSilent ? await new Promise<never>(() => {}) : undefined;
      const count = all.copy(piece, 0, at, at + pieceBytes);
      at += count;
      return piece.subarray(0, count);
    },
    async [Symbol.asyncDispose]() {
      this.isLeft = true;
    },
  };
}
