/** The progress of running operations, on top of the snapshot. It exists only while the snapshot says that the operation runs. */
import { SvelteMap } from 'svelte/reactivity';
import type { CoreEvent } from '../../core/rpc/contract.ts';
import { link } from './link.ts';
import { oncePerFrame } from './next-frame.ts';
import { SpeedHistory } from './speed-history.ts';

interface Progress {
  readonly bytes: number;
  /** 0 while it is unknown. */
  readonly totalBytes: number;
  readonly bytesPerSecond: number;
  readonly etaSeconds: number | undefined;
  readonly activePeers: number;
  /** Speeds of the last minute, oldest first, in bytes per second. */
  readonly speeds: readonly number[];
}

const nothing: Progress = {
  bytes: 0,
  totalBytes: 0,
  bytesPerSecond: 0,
  etaSeconds: undefined,
  activePeers: 0,
  speeds: [],
};

class ProgressOverlay {
  readonly #byGame = new SvelteMap<string, Progress>();
  /** Samples since the last frame; undefined when the operation restarted or ended. */
  readonly #next = new Map<string, Progress | undefined>();
  readonly #histories = new Map<string, SpeedHistory>();
  readonly #showSoon = oncePerFrame(() => this.#show());

  constructor() {
    link.onEvent((event) => this.#on(event));
    // The next samples bring back whatever still runs.
    link.onConnected(async () => {
      this.#next.clear();
      this.#histories.clear();
      this.#byGame.clear();
    });
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
    switch (event.event) {
      case 'download-progress': {
        const { downloadedBytes, totalBytes, bytesPerSecond, etaSeconds, activePeers } = event;
        const history = this.#histories.get(gameId) ?? new SpeedHistory();
        this.#histories.set(gameId, history);
        const speeds = history.add(bytesPerSecond, performance.now());
        this.#put(gameId, {
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
        this.#put(gameId, { ...nothing, bytes: event.bytes, totalBytes: event.totalBytes ?? 0 });
        break;
      default:
        // Every operation resets the bar when it begins and when it ends.
        if (/-(?:begin|finished|failed|cancelled|paused|peers-gone)$/.test(event.event)) {
          this.#histories.delete(gameId);
          this.#put(gameId, undefined);
        }
    }
  }

  #put(gameId: string, progress: Progress | undefined): void {
    this.#next.set(gameId, progress);
    this.#showSoon();
  }

  #show(): void {
    for (const [gameId, progress] of this.#next) {
      if (progress) this.#byGame.set(gameId, progress);
      else this.#byGame.delete(gameId);
    }
    this.#next.clear();
  }
}

export const progress = new ProgressOverlay();
