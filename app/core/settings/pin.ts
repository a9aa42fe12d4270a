/** The operator's PIN; only a slow hash of it is stored. */
import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import { z } from 'zod';
import { backoffMs } from '../base/index.ts';

const derive = promisify<string, Buffer, number, object, Buffer>(scrypt);

/** About 50 ms per guess on today's PCs, and 16 MiB. Source: RFC 7914 with its authors' parameters for interactive logins. */
const cost = { N: 16_384, r: 8, p: 1 } as const;
const hashBytes = 32;
const saltBytes = 16;

const hex = z.string().regex(/^[0-9a-f]+$/);
export const pinHashSchema = z.object({ salt: hex, hash: hex });
export type PinHash = z.infer<typeof pinHashSchema>;

export async function hashPin(pin: string): Promise<PinHash> {
  const salt = randomBytes(saltBytes);
  const hash = await derive(normalised(pin), salt, hashBytes, cost);
  return { salt: salt.toString('hex'), hash: hash.toString('hex') };
}

export async function isPin(pin: string, { salt, hash }: PinHash): Promise<boolean> {
  const given = await derive(normalised(pin), Buffer.from(salt, 'hex'), hashBytes, cost);
  const expected = Buffer.from(hash, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** A PIN may contain letters, and keyboards compose them differently. */
function normalised(pin: string): string {
  return pin.normalize('NFKC');
}

/** Wrong guesses without a wait; each one after them doubles the wait. */
const freeAttempts = 5;
const firstWaitMs = 30_000;
const longestWaitMs = 15 * 60_000;

/** The wait before the next guess after this many wrong PINs in a row, in milliseconds. */
export function waitAfter(wrongInARow: number): number {
  return backoffMs(wrongInARow - freeAttempts + 1, { firstMs: firstWaitMs, longestMs: longestWaitMs });
}
