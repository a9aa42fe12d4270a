/** What runs, as an overlay on the snapshot: it lives only while the snapshot says that the operation runs. */
import { SvelteMap } from 'svelte/reactivity';
import type { CoreEvent } from '../../core/rpc/contract.ts';
import type { CoreLink } from '../link/core-link.svelte.ts';

export interface Progress {
  readonly bytes: number;
  /** 0 while nobody knows. */
  readonly totalBytes: number;
  readonly bytesPerSecond: number;
  readonly etaSeconds: number | undefined;
  readonly activePeers: number;
  /** Speeds of the last minute, oldest first, in bytes per second. */
  readonly speeds: readonly number[];
}

const rememberedSpeeds = 120;
const nothing: Progress = {
  bytes: 0,
  totalBytes: 0,
  bytesPerSecond: 0,
  etaSeconds: undefined,
  activePeers: 0,
  speeds: [],
};

export class ProgressOverlay {
  readonly #byGame = new SvelteMap<string, Progress>();

  constructor(link: CoreLink) {
    link.onEvent((event) => this.#on(event));
    // Whatever ran before is told anew by its next sample.
    link.onConnected(async () => this.#byGame.clear());
  }

  get(gameId: string): Progress | undefined {
    return this.#byGame.get(gameId);
  }

  /** Sum over all downloads, in bytes per second. */
  get downloadBytesPerSecond(): number {
    let sum = 0;
    for (const { bytesPerSecond } of this.#byGame.values()) sum += bytesPerSecond;
    return sum;
  }

  #on(event: CoreEvent): void {
    if (!('gameId' in event) || typeof event.gameId !== 'string') return;
    const { gameId } = event;
    const before = this.#byGame.get(gameId) ?? nothing;
    switch (event.event) {
      case 'download-progress': {
        const { downloadedBytes, totalBytes, bytesPerSecond, etaSeconds, activePeers } = event;
        const speeds = [...before.speeds, bytesPerSecond].slice(-rememberedSpeeds);
        this.#byGame.set(gameId, {
          bytes: downloadedBytes,
          totalBytes,
          bytesPerSecond,
          etaSeconds,
          activePeers,
          speeds,
        });
        break;
      }
      case 'install-progress':
      case 'update-progress':
      case 'verify-progress':
      case 'repair-progress':
        this.#byGame.set(gameId, { ...nothing, bytes: event.bytes, totalBytes: event.totalBytes ?? 0 });
        break;
      default:
        // Begin and end of every operation: the bar starts anew.
        if (/-(?:begin|finished|failed|cancelled|paused|peers-gone)$/.test(event.event)) this.#byGame.delete(gameId);
    }
  }
}
