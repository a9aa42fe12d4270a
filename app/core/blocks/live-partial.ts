import type { Bitmap } from '../base/index.ts';
import type { ManifestLayout } from '../protocol/index.ts';
import type { BlockRun } from './schedule/block-runs.ts';

interface LivePartialOptions {
  readonly manifestRoot: string;
  readonly gameRoot: string;
  readonly layout: ManifestLayout;
  readonly verified: Bitmap;
  /** The runs that are being fetched from seeds. */
  readonly claims: () => readonly BlockRun[];
}

/** A running download: its verified blocks are served, and peers that fetch the same content hear of them. */
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

  /** Aborted when the download ends, for any reason. */
  get ended(): AbortSignal {
    return this.#ended.signal;
  }

  /** How many blocks have arrived since the download began. */
  get arrivals(): number {
    return this.#arrived.length;
  }

  /** The arrived blocks after the first `from`, in the order of arrival. */
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
