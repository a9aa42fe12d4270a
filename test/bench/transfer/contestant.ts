/** A way to get a game's files from one process to another, in a folder of its own. */
export interface Contestant extends AsyncDisposable {
  readonly name: string;
  /** Fetches everything into an empty folder; resolves with how long that took, in milliseconds. */
  run(target: string): Promise<number>;
  /** What is known of the two processes after the runs. */
  facts?(): Promise<ProcessFacts>;
}

export interface ProcessFacts {
  readonly senderPeakBytes: number;
  readonly receiverPeakBytes: number;
  readonly senderLoopP99Ms: number;
  readonly receiverLoopP99Ms: number;
  /** Processor time since the process began. */
  readonly senderCpuMs: number;
  readonly receiverCpuMs: number;
}
