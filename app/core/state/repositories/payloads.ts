import type { Connection } from '../connection.ts';
import { bytesOf, isIndex, isText, jsonArrayOf, textOf, type Row } from '../row.ts';
import type { PayloadManifest, PayloadRepository } from '../types.ts';

function toManifest(row: Row): PayloadManifest {
  const manifest = bytesOf(row, 'manifest');
  return {
    version: textOf(row, 'version'),
    manifestRoot: textOf(row, 'manifest_root'),
    manifestBytes: new Uint8Array(manifest.buffer, manifest.byteOffset, manifest.byteLength),
    executables: jsonArrayOf(row, 'executables', isIndex),
  };
}

export function payloadRepository(connection: Connection): PayloadRepository {
  const paths = connection.query<[string], string[]>('SELECT paths FROM known_payload WHERE root = ?', (row) =>
    jsonArrayOf(row, 'paths', isText),
  );
  const manifest = connection.query<[string], PayloadManifest>(
    'SELECT * FROM download_manifest WHERE root = ?',
    toManifest,
  );
  const putPaths = connection.command<[string, string]>(
    'INSERT OR REPLACE INTO known_payload (root, paths) VALUES (?, ?)',
  );
  const clearPaths = connection.command<[string]>('DELETE FROM known_payload WHERE root = ?');
  const putManifest = connection.command<[string, string, string, Uint8Array, string]>(
    `INSERT OR REPLACE INTO download_manifest (root, version, manifest_root, manifest, executables)
     VALUES (?, ?, ?, ?, ?)`,
  );
  const clearManifest = connection.command<[string]>('DELETE FROM download_manifest WHERE root = ?');
  return {
    knownPaths: (root) => paths.get(root),
    setKnownPaths(root, known) {
      connection.durably(() => putPaths(root, JSON.stringify(known)));
    },
    manifest: (root) => manifest.get(root),
    setManifest(root, { version, manifestRoot, manifestBytes, executables }) {
      putManifest(root, version, manifestRoot, manifestBytes, JSON.stringify(executables));
    },
    clear(root) {
      connection.durably(() => {
        clearPaths(root);
        clearManifest(root);
      });
    },
  };
}
