/** Length-prefixed JSON: the byte length as u32 big-endian, then UTF-8. Used by the control plane and the lanes. */
import type { z } from 'zod';
import { asBuffer, LanspreadError, parseJsonWith } from '../base/index.ts';
import { limits } from './limits.ts';

/** Bytes of the length prefix. */
export const prefixBytes = 4;

interface FrameLimit {
  /** The longest body accepted or sent, in bytes. */
  maxBytes?: number;
}

/** One message as bytes, including the prefix. Throws `FRAME_TOO_LARGE`. */
export function encodeFrame(message: unknown, { maxBytes = limits.messageBytes }: FrameLimit = {}): Buffer {
  const body = Buffer.from(JSON.stringify(message));
  assertFrameLength(body.length, maxBytes);
  const frame = Buffer.allocUnsafe(prefixBytes + body.length);
  frame.writeUInt32BE(body.length, 0);
  body.copy(frame, prefixBytes);
  return frame;
}

/** The body length that a prefix announces. Throws `FRAME_TOO_LARGE`. */
export function decodeFrameLength(prefix: Uint8Array, { maxBytes = limits.messageBytes }: FrameLimit = {}): number {
  const length = asBuffer(prefix).readUInt32BE(0);
  assertFrameLength(length, maxBytes);
  return length;
}

/** Parses a frame's body. Throws `BAD_MESSAGE` with the name of the field. */
export function decodeFrameBody<T>(schema: z.ZodType<T>, body: Uint8Array, what: string): T {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  } catch (cause) {
    throw new LanspreadError('BAD_MESSAGE', { message: `Invalid ${what}: not UTF-8.`, cause });
  }
  return parseJsonWith(schema, text, { what, code: 'BAD_MESSAGE' });
}

function assertFrameLength(length: number, maxBytes: number): void {
  if (length <= maxBytes) return;
  throw new LanspreadError('FRAME_TOO_LARGE', {
    message: `A message of ${length} bytes is over the limit of ${maxBytes}.`,
  });
}

/** In a stream's frames the highest bit of the prefix says that content follows, not a message. */
const contentFlag = 0x8000_0000;
/** The next seven bits are the section of the content, and the rest its length. */
const sectionShift = 24;
const contentLengthMask = 0xff_ffff;

export interface StreamPrefix {
  /** The section of the content; undefined when a message follows. */
  readonly section: number | undefined;
  readonly lengthBytes: number;
}

/** The prefix of a frame with this many bytes of a section's content. */
export function contentPrefix(lengthBytes: number, section: number): Uint8Array {
  const prefix = Buffer.allocUnsafe(prefixBytes);
  prefix.writeUInt32BE((contentFlag | (section << sectionShift) | lengthBytes) >>> 0, 0);
  return prefix;
}

/** The meaning of a prefix within a stream. Throws `FRAME_TOO_LARGE`. */
export function decodeStreamPrefix(prefix: Uint8Array): StreamPrefix {
  const value = asBuffer(prefix).readUInt32BE(0);
  const isContent = value >= contentFlag;
  const lengthBytes = isContent ? value & contentLengthMask : value;
  assertFrameLength(lengthBytes, isContent ? limits.streamFrameBytes : limits.messageBytes);
  return { section: isContent ? (value - contentFlag) >>> sectionShift : undefined, lengthBytes };
}
