export interface UploadLimits {
  /** Undefined: unlimited. */
  readonly totalBytesPerSecond: number | undefined;
  readonly perPeerBytesPerSecond: number | undefined;
  /**
   * The most peers that are served at a time. Undefined: a few, and more while the network seems to have capacity left.
   */
  readonly maxPeers: number | undefined;
}

/** Decides which peers get uploads now, and how fast: one account for every lane. */
export interface Uploads {
  /** Whether bytes need grants at all. */
  readonly isMetered: boolean;
  /** Queues a request: `admit` is called, at once or later. Disposing ends it, waiting or served. */
  enter(peerId: string, admit: () => void): Disposable;
  /** Asks to send: `grant` is called with a number of bytes, at once or later. Disposing withdraws the claim. */
  claim(peerId: string, grant: (bytes: number) => void): Disposable;
}
