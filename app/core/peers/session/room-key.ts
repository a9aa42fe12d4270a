/** The key of a closed room: 32 bytes in a file that every PC of the room has. */
import { readFile, stat } from 'node:fs/promises';
import { LanspreadError } from '../../base/index.ts';

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
