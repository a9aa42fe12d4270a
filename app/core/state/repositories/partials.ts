import type { Connection } from '../connection.ts';
import { bytesOf, flagOf, gameIdOf, isIndex, jsonArrayOf, numberOf, optionalTextOf, textOf, type Row } from '../row.ts';
import type { Partial, PartialRepository } from '../types.ts';

/** The same bytes as the plain array that the type promises, so that a read value equals the written one. */
const plain = (bytes: Buffer): Uint8Array => new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);

function toPartial(row: Row): Partial {
  const seal = optionalTextOf(row, 'seal');
  return {
    root: textOf(row, 'root'),
    gameId: gameIdOf(row, 'game_id'),
    version: textOf(row, 'version'),
    manifestRoot: textOf(row, 'manifest_root'),
    manifestBytes: plain(bytesOf(row, 'manifest')),
    executables: jsonArrayOf(row, 'executables', isIndex),
    bitmap: plain(bytesOf(row, 'bitmap')),
    verifiedBytes: numberOf(row, 'verified_bytes'),
    unclean: flagOf(row, 'unclean'),
    ...(seal !== undefined && { seal }),
    install: flagOf(row, 'install'),
  };
}

const select = 'SELECT * FROM partial JOIN partial_progress USING (root)';

/** Put and clear are durable like the intent of the same folder. Progress is not: lost progress is hashed again. */
export function partialRepository(connection: Connection): PartialRepository {
  const one = connection.query<[string], Partial>(`${select} WHERE root = ?`, toPartial);
  const every = connection.query<[], Partial>(`${select} ORDER BY root`, toPartial);
  const put = connection.command<[string, string, string, string, Uint8Array, string, number]>(
    `INSERT OR REPLACE INTO partial (root, game_id, version, manifest_root, manifest, executables, install)
     VALUES (?, ?, ?, ?, ?, ?, ?)`,
  );
  const putProgress = connection.command<[string, Uint8Array, number, number, string | null]>(
    'INSERT OR REPLACE INTO partial_progress (root, bitmap, verified_bytes, unclean, seal) VALUES (?, ?, ?, ?, ?)',
  );
  const progress = connection.command<[Uint8Array, number, number, string | null, string]>(
    'UPDATE partial_progress SET bitmap = ?, verified_bytes = ?, unclean = ?, seal = ? WHERE root = ?',
  );
  const clear = connection.command<[string]>('DELETE FROM partial WHERE root = ?');
  return {
    get: (root) => one.get(root),
    all: () => every.all(),
    put(partial) {
      const { root, gameId, version, manifestRoot, manifestBytes, executables } = partial;
      connection.durably(() => {
        put(root, gameId, version, manifestRoot, manifestBytes, JSON.stringify(executables), Number(partial.install));
        putProgress(root, partial.bitmap, partial.verifiedBytes, Number(partial.unclean), partial.seal ?? null);
      });
    },
    progress(root, { bitmap, verifiedBytes, unclean, seal }) {
      progress(bitmap, verifiedBytes, Number(unclean), seal ?? null, root);
    },
    clear(root) {
      connection.durably(() => clear(root));
    },
  };
}
