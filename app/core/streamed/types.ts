import type { StreamInstall, StreamMessage, StreamReply } from '../protocol/index.ts';
import type { ContentSender, IncomingContent } from '../content/index.ts';
import type { SectionSizes } from './frames.ts';

/** A road that a stream's bytes come by, from one peer. Disposing leaves it, and the sender stops. */
export interface ByteRoad extends AsyncDisposable {
  /**
   * The next bytes, valid until the next call; undefined at the end. Nothing is fetched ahead beyond a few MiB. Errors:
   * `PEER_UNREACHABLE` before the first byte, `PEER_GONE`, `PEER_TIMEOUT`, `CANCELLED`.
   */
  read(): Promise<Uint8Array | undefined>;
}

/** Opens streams, as a lane does. */
export interface StreamLane {
  /**
   * Reads up to the end of the plan. Errors: the sender's refusal, `PEER_UNREACHABLE`, `PEER_GONE`, `PEER_TIMEOUT`,
   * `BAD_MESSAGE`, `FRAME_TOO_LARGE`, `ARCHIVE_HOSTILE` (too many entries), `CANCELLED`.
   */
  openStream(peerId: string, request: StreamInstall, options: { signal: AbortSignal }): Promise<IncomingContent>;
}

/** Where a stream goes to one peer. What resolves does so when there is room for more. Errors: `PEER_GONE`, `PEER_TIMEOUT`. */
export interface StreamOutlet {
  say(message: StreamMessage | StreamReply): Promise<void>;
  /** The sizes of each section's files but the copies: before the first content. */
  expect(sizes: SectionSizes): void;
  /** The hashes of the files that are through are told by the outlet. The bytes may be reused once it resolves. */
  content(section: number, bytes: Uint8Array): Promise<void>;
  endSection(section: number): Promise<void>;
}

/** Answers one request, refusal or all, on the outlet. Never throws for what the peer did wrong. */
export type ServeStream = (
  request: StreamInstall,
  options: { peerId: string; outlet: StreamOutlet; signal: AbortSignal },
) => Promise<void>;

/** A stream whose bytes come to this thread. */
export interface ByteStream extends Omit<IncomingContent, 'pour'> {
  /** How many files but the copies each section has. */
  readonly sectionFiles: readonly number[];
  /** Those of each section as `ContentSection.bytes` has them; ends well only after the sender's own verdict was good. */
  pieces(): AsyncIterable<StreamPiece>;
}

export interface StreamPiece {
  readonly section: number;
  /** Valid until the next piece is asked for. */
  readonly bytes: Uint8Array;
}

export interface StreamSenders {
  readonly manifestRoot: string;
  /** Of the payload that the peers agree on: what the unpacked size is held against. */
  readonly payloadBytes: number;
  /** Best first. */
  readonly senders: readonly ContentSender[];
}
