export interface UploadLimits {
  /** Undefined: unlimited. */
  readonly totalBytesPerSecond: number | undefined;
  readonly perPeerBytesPerSecond: number | undefined;
  /** Peers served at a time. Undefined: a few, and more where they do not seem to use up what can be sent. */
  readonly maxPeers: number | undefined;
}

/** Who may upload now, and how much: one account for every road. */
export interface Uploads {
  /** Whether bytes need grants at all. */
  readonly isMetered: boolean;
  /** A request wants to be served: `admit` is called, at once or later. Disposing ends it, waiting or served. */
  enter(peerId: string, admit: () => void): Disposable;
  /** Somebody wants to send: `grant` is called with a number of bytes, at once or later. Disposing withdraws it. */
  claim(peerId: string, grant: (bytes: number) => void): Disposable;
}
