/**
 * A closed room: before Hello both sides prove that they know the room's key, without telling it. Three messages: the
 * caller's nonce; the other's nonce with its proof; the caller's proof. A proof is an HMAC over who proves, both
 * identities and both nonces, so that none fits another connection, another run or the other direction. It holds for the
 * connection it was made on.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import type { Connection } from '@libp2p/interface';
import { LanspreadError } from '../../base/index.ts';
import { protocols, roomAnswerSchema, roomChallengeSchema, roomProofSchema } from '../../protocol/index.ts';
import type { LibP2pStream } from './peer-stream.ts';
import type { StreamHost } from './stream-host.ts';

interface RoomProofOptions {
  readonly key: Uint8Array;
  readonly ownPeerId: string;
  readonly streams: Pick<StreamHost, 'open'>;
}

interface Facts {
  readonly callerId: string;
  readonly calleeId: string;
  readonly callerNonce: string;
  readonly calleeNonce: string;
}

const nonceBytes = 32;

/** Pure. */
export function proofOf(key: Uint8Array, role: 'caller' | 'callee', facts: Facts): string {
  const { callerId, calleeId, callerNonce, calleeNonce } = facts;
  const text = ['lanspread room 1', role, callerId, calleeId, callerNonce, calleeNonce].join('\n');
  return createHmac('sha256', key).update(text).digest('hex');
}

function isSame(one: string, other: string): boolean {
  const [a, b] = [Buffer.from(one), Buffer.from(other)];
  return a.length === b.length && timingSafeEqual(a, b);
}

export class RoomProof {
  readonly #options: RoomProofOptions;
  readonly #proven = new WeakSet<Connection>();

  constructor(options: RoomProofOptions) {
    this.#options = options;
  }

  /** The calling side. Errors: `ROOM_CLOSED` when the other does not know the key, those of opening a stream. */
  async prove(connection: Connection, { signal }: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#proven.has(connection)) return;
    const { key, ownPeerId, streams } = this.#options;
    const peerId = connection.remotePeer.toString();
    try {
      using stream = await streams.open(connection, protocols.room, { signal });
      const callerNonce = randomBytes(nonceBytes).toString('hex');
      await stream.writeMessage({ nonce: callerNonce });
      const { nonce: calleeNonce, proof } = await stream.readMessage(roomAnswerSchema, 'answer of the room');
      const facts = { callerId: ownPeerId, calleeId: peerId, callerNonce, calleeNonce };
      // Its proof first: ours is not for somebody who only collects them.
      if (!isSame(proof, proofOf(key, 'callee', facts))) throw closed(peerId);
      await stream.writeMessage({ proof: proofOf(key, 'caller', facts) });
      await stream.close();
      // The other side ends its half when it has accepted the proof, and aborts when it has not.
      await stream.readSome(1);
    } catch (error) {
      // A peer without a key does not serve the protocol.
      if (error instanceof LanspreadError && error.code === 'NOT_SERVED') throw closed(peerId, error);
      throw error;
    }
    this.#proven.add(connection);
  }

  /** The side that is called. Errors: `ROOM_CLOSED`, which aborts the stream. */
  async answer(stream: LibP2pStream, connection: Connection): Promise<void> {
    const { key, ownPeerId } = this.#options;
    const { peerId } = stream;
    const { nonce: callerNonce } = await stream.readMessage(roomChallengeSchema, 'question of the room');
    const calleeNonce = randomBytes(nonceBytes).toString('hex');
    const facts = { callerId: peerId, calleeId: ownPeerId, callerNonce, calleeNonce };
    await stream.writeMessage({ nonce: calleeNonce, proof: proofOf(key, 'callee', facts) });
    const { proof } = await stream.readMessage(roomProofSchema, 'proof of the room');
    if (!isSame(proof, proofOf(key, 'caller', facts))) throw closed(peerId);
    this.#proven.add(connection);
    await stream.close();
  }

  isProven(connection: Connection): boolean {
    return this.#proven.has(connection);
  }
}

export function closed(peerId: string, cause?: unknown): LanspreadError {
  return new LanspreadError('ROOM_CLOSED', { details: { peerId }, cause });
}

export const roomKeyBytes = 32;
const mostFileBytes = 4_096;

/** The bytes raw, in hex or in base64. Errors: `ROOM_KEY_INVALID`. */
export async function readRoomKey(path: string): Promise<Buffer> {
  let bytes: Buffer;
  try {
    if ((await stat(path)).size > mostFileBytes) throw new Error('it is too long');
    bytes = await readFile(path);
  } catch (cause) {
    throw new LanspreadError('ROOM_KEY_INVALID', {
      message: `The room key ${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}.`,
      details: { path },
      cause,
    });
  }
  const key = parseRoomKey(bytes);
  if (key) return key;
  throw new LanspreadError('ROOM_KEY_INVALID', {
    message: `${path} is no room key: that is 32 bytes, raw, in hex or in base64.`,
    details: { path },
  });
}

function parseRoomKey(bytes: Buffer): Buffer | undefined {
  if (bytes.length === roomKeyBytes) return bytes;
  const text = bytes.toString('latin1').trim();
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  if (/^[A-Za-z0-9+/_-]{43}=?$/.test(text)) return Buffer.from(text, 'base64');
  return undefined;
}
