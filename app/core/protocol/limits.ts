/** The limits against broken and hostile peers. Sizes in bytes, times in milliseconds. */
const kib = 1024;
const mib = 1024 * kib;

export const limits = {
  /** Length-prefixed JSON messages of the control plane. */
  messageBytes: 8 * mib,
  /** JSON headers of the byte lanes. */
  laneHeaderBytes: 64 * kib,
  manifestBytes: 64 * mib,
  manifestFiles: 200_000,
  manifestBlocks: 1_000_000,
  sentinelBytes: 4 * kib,
  textLength: 4 * kib,
  /** Of a PC's name: 64 characters of any script. */
  nameBytes: 256,
  helloGames: 20_000,
  /** Of the Hellos of all sessions, and of those from one address: a limit on the memory that peers can fill. */
  helloBytes: 128 * mib,
  helloBytesPerAddress: 24 * mib,
  /** Sessions with one address; of this PC's own there may be any number. */
  sessionsPerAddress: 32,
  /** Games that one PC says are being played on it. */
  playingGames: 8,
  sessions: 256,
  /** Peers that one message passes on, and addresses of each. */
  passedPeers: 32,
  passedAddresses: 8,
  streamsPerPeer: 32,
  handshakesPerAddress: 16,
  /** A request without a byte for this long is dropped. */
  requestIdleMs: 30_000,
  /** Bytes a lane server keeps in flight per connection. */
  laneInFlightBytes: 8 * mib,
  /** Requests a lane client keeps in flight per connection. */
  laneRequestsInFlight: 2,
  /** Blocks that one request may ask for: 128 MiB of full blocks, more of small ones. */
  blocksPerRequest: 8_192,
  /** Runs of blocks in one Have. */
  haveRuns: 10_000,
  /** Files and folders of one streamed install. */
  streamEntries: 500_000,
  /** Entries, or hashes, in one message of a stream. */
  streamBatch: 500,
  /** Content bytes in one frame of a stream. */
  streamFrameBytes: 1 * mib,
  /** Sections of one streamed install: each is unpacked on its own. */
  streamSections: 16,
  /** How long a sender may look into its archives before it tells what is in them. */
  streamPlanMs: 600_000,
} as const;
