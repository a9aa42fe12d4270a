/** The drive that holds a player's games: small where disks can be mounted, so that it can be filled and pulled. */
import { existsSync, mkdirSync } from 'node:fs';
import { open, readdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import { mib } from '../support/games.ts';
import { PluggableDisk, whyNoMounts } from '../support/mounts.ts';

const sizeMib = 160;

export class Drive implements Disposable {
  readonly #disk: PluggableDisk | undefined;
  readonly #path: string;

  /** `folder` is made. */
  constructor(folder: string) {
    this.#path = join(folder, 'drive');
    this.#disk =
      whyNoMounts() === undefined
        ? new PluggableDisk({ backing: join(folder, 'backing'), path: this.#path, sizeMib })
        : undefined;
    mkdirSync(this.gamesDir, { recursive: true });
  }

  get gamesDir(): string {
    return join(this.#path, 'games');
  }

  get canBeFilled(): boolean {
    return this.#disk !== undefined;
  }

  /** Takes what is free but `leaveBytes`. */
  async fill(leaveBytes: number): Promise<void> {
    const filler = await open(join(this.#path, 'filler'), 'w');
    const chunk = Buffer.alloc(mib, 1);
    let written = 0;
    try {
      for (; written < sizeMib * mib; written += chunk.length) await filler.write(chunk);
    } catch (error) {
      if (Reflect.get(Object(error), 'code') !== 'ENOSPC') throw error;
    }
    await filler.truncate(Math.max(0, written - leaveBytes));
    await filler.close();
  }

  async free(): Promise<void> {
    await rm(join(this.#path, 'filler'), { force: true });
  }

  /** The games go: with their drive, or as a folder that was renamed. */
  async unplug(how: 'drive' | 'folder'): Promise<void> {
    if (how === 'drive' && this.#disk) this.#disk.pull();
    else await rename(this.gamesDir, `${this.gamesDir} away`);
  }

  async plug(how: 'drive' | 'folder'): Promise<void> {
    if (how === 'drive' && this.#disk) this.#disk.plug();
    else {
      const away = `${this.gamesDir} away`;
      // Who never had anything there may make a new folder. Whoever had fails this.
      if (existsSync(this.gamesDir) && (await readdir(away)).length === 0) await rmdir(away);
      else await rename(away, this.gamesDir);
    }
  }

  [Symbol.dispose](): void {
    this.#disk?.[Symbol.dispose]();
  }
}
