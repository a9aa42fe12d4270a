import { sep } from 'node:path';
import { LanspreadError } from '../../base/index.ts';
import type { Connection } from '../connection.ts';
import { bytesOf } from '../row.ts';
import type { BlockRepository, FileIdentity } from '../types.ts';

const hashBytes = 32;
const hashPattern = /^[0-9a-f]{64}$/;

/** Packs hex hashes into one blob, 32 bytes each. */
function packHashes(hashes: readonly string[]): Buffer {
  for (const hash of hashes) {
    if (!hashPattern.test(hash)) throw new LanspreadError('INTERNAL', { message: `${hash} is not a block's hash.` });
  }
  return Buffer.from(hashes.join(''), 'hex');
}

function unpackHashes(packed: Buffer): string[] {
  const hex = packed.toString('hex');
  const digits = hashBytes * 2;
  return Array.from({ length: hex.length / digits }, (_, index) => hex.slice(index * digits, (index + 1) * digits));
}

/** SQLite stores signed 64-bit integers, but Windows file numbers use all 64 bits. Only equality matters here. */
const signed = (value: bigint): bigint => BigInt.asIntN(64, value);

/** A cache: lost rows are hashed again, so nothing here is flushed. */
export function blockRepository(connection: Connection): BlockRepository {
  const one = connection.query<[string, number, bigint, bigint], string[]>(
    'SELECT blocks FROM file_block WHERE path = ? AND size_bytes = ? AND mtime_ns = ? AND inode = ?',
    (row) => unpackHashes(bytesOf(row, 'blocks')),
  );
  const put = connection.command<[string, number, bigint, bigint, Uint8Array]>(
    `INSERT INTO file_block (path, size_bytes, mtime_ns, inode, blocks) VALUES (?, ?, ?, ?, ?)
     ON CONFLICT (path) DO UPDATE SET size_bytes = excluded.size_bytes, mtime_ns = excluded.mtime_ns,
       inode = excluded.inode, blocks = excluded.blocks`,
  );
  const forgetOne = connection.command<[string]>('DELETE FROM file_block WHERE path = ?');
  const forgetRange = connection.command<[string, string]>('DELETE FROM file_block WHERE path >= ? AND path < ?');
  const putOne = ({ path, sizeBytes, mtimeNs, inode }: FileIdentity, blocks: readonly string[]): void => {
    put(path, sizeBytes, signed(mtimeNs), signed(inode), packHashes(blocks));
  };
  return {
    get: ({ path, sizeBytes, mtimeNs, inode }) => one.get(path, sizeBytes, signed(mtimeNs), signed(inode)),
    put: putOne,
    putMany(files) {
      connection.transaction(() => {
        for (const [file, blocks] of files) putOne(file, blocks);
      });
    },
    forgetBelow(path) {
      const folder = path.endsWith(sep) ? path : path + sep;
      // The first text after all texts that start with the folder: its last separator is replaced by the next character.
      const end = folder.slice(0, -1) + String.fromCharCode(sep.charCodeAt(0) + 1);
      connection.transaction(() => {
        forgetOne(path);
        forgetRange(folder, end);
      });
    },
  };
}
