/** Whether a folder of games is as it was when it was last looked at: sticks come, go and are written to unannounced. */
import { join } from 'node:path';
import { blake3Hex, isNotFound, statOf, systemCode, type FileSystem } from '../../base/index.ts';

/** Where a folder of games keeps its files, besides directly in it. */
const subfolders = ['', 'games', 'covers'];
/** Files whose size and time are compared; of others, only the name. */
const maxStats = 2_000;
const parallelStats = 32;

/** Equal means: the same device, names, sizes and times. A folder that cannot be read has a mark of its own. */
export async function folderMark(fileSystem: FileSystem, folder: string): Promise<string> {
  const lines: string[] = [];
  let left = maxStats;
  for (const subfolder of subfolders) {
    const directory = join(folder, subfolder);
    try {
      const { device = 0n, inode } = await fileSystem.stat(directory);
      lines.push(`${subfolder}/ ${device} ${inode}`);
      const entries = (await fileSystem.list(directory)).sort((a, b) => (a.name < b.name ? -1 : 1));
      lines.push(...entries.map(({ name, kind }) => `${subfolder}/${name} ${kind}`));
      const files = entries.flatMap(({ name, kind }) => (kind === 'file' ? [name] : [])).slice(0, left);
      left -= files.length;
      lines.push(...(await statLines(fileSystem, directory, files)));
    } catch (error) {
      if (!isNotFound(error)) lines.push(`${subfolder}/ ${systemCode(error) ?? String(error)}`);
    }
  }
  return blake3Hex(lines.join('\n'));
}

async function statLines(fileSystem: FileSystem, directory: string, names: readonly string[]): Promise<string[]> {
  const lines: string[] = [];
  for (let from = 0; from < names.length; from += parallelStats) {
    const stats = names.slice(from, from + parallelStats).map(async (name) => {
      const stat = await statOf(fileSystem, join(directory, name));
      return `${name} ${stat?.sizeBytes} ${stat?.mtimeNs} ${stat?.inode}`;
    });
    lines.push(...(await Promise.all(stats)));
  }
  return lines;
}
