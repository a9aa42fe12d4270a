/**
 * Keeps the standard error of a game, to show it when the game ends at once. It uses a file, not a pipe: the game outlives
 * the launcher, and a pipe without a reader would stop or kill it. The file is emptied while the game runs.
 */
import { mkdir, open, stat, truncate, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import type { GameId } from '../base/index.ts';

/** Only the last lines are ever read. */
const keptBytes = 64 * 1024;
const toldBytes = 2_000;
const toldCharacters = 300;

export class LastWords {
  readonly #directory: string;

  /** `directory`: absolute; created when needed. */
  constructor(directory: string) {
    this.#directory = directory;
  }

  #pathOf(gameId: GameId): string {
    return join(this.#directory, `${gameId}.log`);
  }

  /** Opens a new, empty file for writing. Every write goes to its current end. Errors: the file system's. */
  async open(gameId: GameId): Promise<FileHandle> {
    await mkdir(this.#directory, { recursive: true, mode: 0o700 });
    const path = this.#pathOf(gameId);
    const file = await open(path, 'a', 0o600);
    await truncate(path);
    return file;
  }

  /** Never throws, because the game can run without the file. */
  async trim(gameId: GameId): Promise<void> {
    const path = this.#pathOf(gameId);
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    if (size > keptBytes) await truncate(path).catch(() => {});
  }

  /** The last lines, joined into one; empty when there are none. Never throws. */
  async read(gameId: GameId): Promise<string> {
    try {
      await using file = await open(this.#pathOf(gameId), 'r');
      const { size } = await file.stat();
      const bytes = Buffer.alloc(Math.min(size, toldBytes));
      const { bytesRead } = await file.read(bytes, 0, bytes.length, size - bytes.length);
      return tidy(bytes.toString('utf8', 0, bytesRead));
    } catch {
      return '';
    }
  }
}

/** Removes colours and other control characters, and cuts off the beginning. */
function tidy(text: string): string {
  const lines = stripVTControlCharacters(text)
    .split(/[\r\n]+/)
    .map((line) => line.replaceAll(/\p{C}/gu, '').trim())
    .filter((line) => line !== '');
  return lines.slice(-3).join(' / ').slice(-toldCharacters);
}
