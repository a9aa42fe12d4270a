/** Limits against broken and hostile peers. Sizes in bytes, times in milliseconds. */
const kib = 1024;
const mib = 1024 * kib;

export const limits = {
  /** Length-prefixed JSON messages of the control plane. */
  messageBytes: 8 * mib,
  /** JSON headers of the lanes. */
  laneHeaderBytes: 64 * kib,
  manifestBytes: 64 * mib,
  manifestFiles: 200_000,
  manifestBlocks: 1_000_000,
  sentinelBytes: 4 * kib,
  textLength: 4 * kib,
  /** A PC's name: 64 characters of any script. */
  nameBytes: 256,
  helloGames: 20_000,
  /** The Hellos of all sessions, and those from one address: this limits the memory that peers can fill. */
  helloBytes: 128 * mib,
  helloBytesPerAddress: 24 * mib,
  /** Sessions with one address; this PC's own addresses have no limit. */
  sessionsPerAddress: 32,
  /** Games that one PC may report as being played on it. */
  playingGames: 8,
  sessions: 256,
  /** Peers that one message passes on, and addresses per peer. */
  passedPeers: 32,
  passedAddresses: 8,
  streamsPerPeer: 32,
  handshakesPerAddress: 16,
  /** A request without a byte for this long is dropped. */
  requestIdleMs: 30_000,
  /** Bytes that a lane server keeps in flight per connection. */
  laneInFlightBytes: 8 * mib,
  /** Requests that a lane client keeps in flight per connection. */
  laneRequestsInFlight: 2,
  /** Blocks that one request may ask for: at most 32 GiB. */
  blocksPerRequest: 8_192,
  /** Runs of blocks in one Have. */
  haveRuns: 10_000,
  /** Files and folders of one streamed install. */
  streamEntries: 500_000,
  /** Entries, or hashes, in one message of a stream. */
  streamBatch: 500,
  /** Content bytes in one frame of a stream. */
  streamFrameBytes: 1 * mib,
  /** Sections of one streamed install; each unpacks by itself. */
  streamSections: 16,
  /** The time a sender may read its archives before it lists their contents. */
  streamPlanMs: 600_000,
} as const;
