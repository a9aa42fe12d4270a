import type { StreamEntry, StreamInstall } from '../../protocol/index.ts';

/** A road that a stream's bytes come by, from one peer. Disposing leaves it, and the sender stops. */
export interface ByteRoad extends AsyncDisposable {
  /**
   * The next bytes, valid until the next call; undefined at the end. Nothing is fetched ahead beyond a few MiB. Errors:
   * `PEER_UNREACHABLE` before the first byte, `PEER_GONE`, `PEER_TIMEOUT`, `CANCELLED`.
   */
  read(): Promise<Uint8Array | undefined>;
}

/** Opens roads for streams, as a lane does. */
export interface StreamLane {
  openStream(peerId: string, request: StreamInstall, options: { signal: AbortSignal }): Promise<ByteRoad>;
}

/** Where a stream's bytes go to one peer. */
export interface ByteOutlet {
  /** Resolves when there is room for more; the bytes may be reused then. Errors: `PEER_GONE`, `PEER_TIMEOUT`. */
  write(...parts: readonly Uint8Array[]): Promise<void>;
}

/** What a payload on this PC unpacks to. */
export interface PayloadContent {
  readonly entries: readonly StreamEntry[];
  /** Of the contents that come: copies are made where they arrive. */
  readonly totalBytes: number;
  /**
   * The contents of all files but the copies in the order of `entries`, without a gap; a piece is valid until the next is asked for. Ends
   * well only when every archive was found whole. Whatever unpacks is dead once it settled or was left.
   */
  bytes(options: { signal: AbortSignal }): AsyncIterable<Uint8Array>;
}

/** Looks into the archives of a game root. Errors: those of the unpackers and of the path rules. */
export type OpenPayload = (gameRoot: string, options: { signal: AbortSignal }) => Promise<PayloadContent>;

/** Answers one request, refusal or all, on the outlet. Never throws for what the peer did wrong. */
export type ServeStream = (
  request: StreamInstall,
  options: { peerId: string; outlet: ByteOutlet; signal: AbortSignal },
) => Promise<void>;

/** What a sender gives: what it will be, then the bytes. Disposing stops it. */
export interface IncomingStream extends AsyncDisposable {
  readonly entries: readonly StreamEntry[];
  readonly totalBytes: number;
  /** As `PayloadContent.bytes`; ends well only after the sender's own verdict was good. */
  bytes(): AsyncIterable<Uint8Array>;
  /** BLAKE3 of each file as the sender read it, in the order of the entries; whole once `bytes` has ended well. */
  readonly hashes: readonly string[];
}

/** A peer that can give the content. */
export interface StreamSender {
  readonly peerId: string;
  open(options: { signal: AbortSignal }): Promise<IncomingStream>;
}

export interface StreamSenders {
  readonly manifestRoot: string;
  /** Of the payload that the peers agree on: what the unpacked size is held against. */
  readonly payloadBytes: number;
  /** Best first. */
  readonly senders: readonly StreamSender[];
}
