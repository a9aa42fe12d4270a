/** The manifest root of a game that was made for a test, worked out from its files alone. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { blake3Hex, parseGameId, parsePath } from '../../app/core/base/index.ts';
import { blockSizeBytes, comparePaths, encodeManifest, manifestRoot } from '../../app/core/protocol/index.ts';
import { sentinelText, type GameRoot } from './games.ts';

export async function pinnedRootOf({ id, version, root, tree }: GameRoot): Promise<string> {
  const payload = tree.filter(({ path }) => path !== 'version.ini');
  const files = payload.filter(({ kind }) => kind === 'file').sort((a, b) => comparePaths(a.path, b.path));
  const directories = payload.filter(
    ({ kind, path }) => kind === 'directory' && !payload.some((other) => other.path.startsWith(`${path}/`)),
  );
  const manifest = {
    id: parseGameId(id),
    version,
    sentinel: sentinelText(version),
    blockSize: blockSizeBytes,
    directories: directories.map(({ path }) => parsePath(path, { atGameRoot: true })).sort(comparePaths),
    files: await Promise.all(
      files.map(async ({ path, sizeBytes }) => {
        const bytes = await readFile(join(root, path));
        const blocks: string[] = [];
        for (let at = 0; at < bytes.length; at += blockSizeBytes)
          blocks.push(blake3Hex(bytes.subarray(at, at + blockSizeBytes)));
        return { path: parsePath(path, { atGameRoot: true }), size: sizeBytes, blocks };
      }),
    ),
  };
  return manifestRoot(encodeManifest(manifest));
}
