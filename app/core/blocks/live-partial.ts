import type { Bitmap } from '../base/index.ts';
import type { ManifestLayout } from '../protocol/index.ts';
import type { BlockRun } from './schedule/block-runs.ts';

interface LivePartialOptions {
  readonly manifestRoot: string;
  readonly gameRoot: string;
  readonly layout: ManifestLayout;
  readonly verified: Bitmap;
  /** What is on its way from peers that have everything. */
  readonly claims: () => readonly BlockRun[];
}

/** A download that is under way here: what is verified of it is given on, and told to whoever fetches the same. */
export class LivePartial {
  readonly manifestRoot: string;
  readonly gameRoot: string;
  readonly layout: ManifestLayout;
  readonly verified: Bitmap;
  readonly claims: () => readonly BlockRun[];
  readonly #arrived: number[] = [];
  readonly #ended = new AbortController();

  constructor({ manifestRoot, gameRoot, layout, verified, claims }: LivePartialOptions) {
    this.manifestRoot = manifestRoot;
    this.gameRoot = gameRoot;
    this.layout = layout;
    this.verified = verified;
    this.claims = claims;
  }

  /** Aborted when the download ends, however it does. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** How many blocks have arrived since the download began. */
  get arrivals(): number {
    return this.#arrived.length;
  }

  /** Those after the first `from` of them, in the order in which they arrived. */
  arrivedSince(from: number): readonly number[] {
    return this.#arrived.slice(from);
  }

  /** A block was verified; the bitmap has it already. */
  onVerified(block: number): void {
    this.#arrived.push(block);
  }

  end(): void {
    this.#ended.abort();
  }
}
