/** What a player knows of a game: what was done to it, not what the peer says. */
import { existsSync } from 'node:fs';
import { lstat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { flipByte } from '../support/archives.ts';
import type { HarnessEvent } from '../support/peer.ts';
import type { RootInvariants, Told } from '../support/root-invariants.ts';

const looks = 4;
const betweenLooksMs = 150;

export class GameMemory {
  readonly id: string;
  readonly #roots: RootInvariants;
  #saves: Record<string, string> = {};
  #isUninstalled = false;
  #isInventoryLost = false;
  /** Where in the events of this life the payload was spoilt; undefined: it is not. */
  #spoiltAt: number | undefined;

  constructor(id: string, roots: RootInvariants) {
    this.id = id;
    this.#roots = roots;
  }

  told(events: readonly HarnessEvent[]): Told {
    this.#noticeRepair(events);
    // What no inventory names stays, in the payload as in the install, until the game was removed.
    const isRemoved = events.some(({ event, gameId }) => event === 'remove-finished' && gameId === this.id);
    if (isRemoved && !existsSync(this.#roots.rootOf(this.id))) this.#isInventoryLost = false;
    return {
      saves: this.#saves,
      isUninstalled: this.#isUninstalled,
      isSpoilt: this.#spoiltAt !== undefined,
      isInventoryLost: this.#isInventoryLost,
    };
  }

  get isSpoilt(): boolean {
    return this.#spoiltAt !== undefined;
  }

  /** From the moment at which the command may have been heard. Undo it when it was refused. */
  willUninstall(): { undo: () => void } {
    const before = this.#isUninstalled;
    this.#isUninstalled = true;
    return { undo: () => void (this.#isUninstalled = before) };
  }

  willLoseDatabase(): void {
    this.#isInventoryLost = true;
  }

  /** The peer of these events is gone; a new one says nothing yet. */
  endLife(events: readonly HarnessEvent[]): void {
    this.#noticeRepair(events);
    if (this.#spoiltAt !== undefined) this.#spoiltAt = 0;
  }

  /** An uninstall that is over took everything along; one that never began left everything; half of it is a fault. */
  async settle(): Promise<void> {
    if (!this.#isUninstalled) return;
    const saves = this.#saves;
    const losses = await this.#roots.lossesOf(this.id, { saves, isSpoilt: true });
    if (losses.length === Object.keys(saves).length) {
      this.#saves = {};
    }
    this.#isUninstalled = false;
  }

  /** The game writes. What a full disk refuses was not written. */
  async save(number: number): Promise<void> {
    await this.settle();
    const saves = { [`saves/${number % 5}.sav`]: `save ${number}`, 'cfg/video.cfg': `mine ${number}` };
    for (const [path, text] of Object.entries(saves)) {
      if (!(await this.#roots.save(this.id, { [path]: text }))) return;
      this.#saves[path] = text;
    }
  }

  /** A bit of the archive flips; `isSilent`: size and times stay. Returns whether there was an archive. */
  async spoil({ isSilent, at }: { isSilent: boolean; at: number }): Promise<boolean> {
    const path = join(this.#roots.rootOf(this.id), `${this.id}.eti`);
    const facts = await lstat(path).catch(() => undefined);
    if (!facts?.isFile()) return false;
    this.#spoiltAt = at;
    await flipByte(path, Math.floor(facts.size / 2));
    if (isSilent) await utimes(path, facts.atime, facts.mtime);
    return true;
  }

  /**
   * What is gone or wrong, whatever runs: a sentinel beside less than a payload, a file of the player's that is nowhere.
   * Files move while one looks, so that only what is wrong at every look is.
   */
  async losses(events: readonly HarnessEvent[]): Promise<string[]> {
    let losses: string[] = [];
    for (let look = 0; look < looks; look += 1) {
      if (look > 0) await delay(betweenLooksMs);
      losses = await this.#roots.lossesOf(this.id, this.told(events)).catch(() => []);
      if (losses.length === 0) return [];
    }
    return losses;
  }

  #noticeRepair(events: readonly HarnessEvent[]): void {
    // Who has lost what the download was made from, and has no pin, believes the peers that are there, rotten ones, too.
    const believed = events.findLastIndex(
      ({ event, gameId, source }) => event === 'repair-finished' && gameId === this.id && source === 'peers',
    );
    if (this.#isInventoryLost && believed >= 0) this.#spoiltAt ??= believed + 1;
    if (this.#spoiltAt === undefined) return;
    const own = events.slice(this.#spoiltAt).filter(({ gameId }) => gameId === this.id);
    const isFetched = own
      .slice(
        Math.max(
          0,
          own.findIndex(({ event }) => event === 'download-begin'),
        ),
      )
      .some(({ event }) => event === 'download-finished');
    const hasBegun = own.some(({ event }) => event === 'download-begin');
    // A payload that only its own scan tells of is not known to be whole.
    const isMadeWhole = own.some(
      ({ event, source }) =>
        (event === 'repair-finished' && source !== 'scan' && !(this.#isInventoryLost && source === 'peers')) ||
        event === 'remove-finished',
    );
    if (isMadeWhole || (hasBegun && isFetched)) this.#spoiltAt = undefined;
  }
}
