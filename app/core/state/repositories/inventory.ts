import { LanspreadError, parsePath } from '../../base/index.ts';
import type { Connection } from '../connection.ts';
import { numberOf, textOf, type Row } from '../row.ts';
import type { InventoryFile, InventoryRepository } from '../types.ts';

function toInventoryFile(row: Row): InventoryFile {
  try {
    return {
      path: parsePath(textOf(row, 'path'), { atGameRoot: false }),
      sizeBytes: numberOf(row, 'size_bytes'),
      blake3: textOf(row, 'blake3'),
    };
  } catch (cause) {
    if (cause instanceof LanspreadError && cause.code === 'INVALID_PATH') {
      throw new LanspreadError('STATE_CORRUPT', { message: 'The inventory of an install names a bad path.', cause });
    }
    throw cause;
  }
}

/** Not flushed by itself: the durable intent that follows flushes it too. */
export function inventoryRepository(connection: Connection): InventoryRepository {
  const files = connection.query<[string], InventoryFile>(
    'SELECT path, size_bytes, blake3 FROM install_inventory WHERE root = ? ORDER BY path',
    toInventoryFile,
  );
  const put = connection.command<[string, string, number, string]>(
    'INSERT INTO install_inventory (root, path, size_bytes, blake3) VALUES (?, ?, ?, ?)',
  );
  const clear = connection.command<[string]>('DELETE FROM install_inventory WHERE root = ?');
  return {
    get: (root) => files.all(root),
    replace(root, next) {
      connection.transaction(() => {
        clear(root);
        for (const { path, sizeBytes, blake3 } of next) put(root, path, sizeBytes, blake3);
      });
    },
    clear(root) {
      clear(root);
    },
  };
}
