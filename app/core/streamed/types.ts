import type { StreamInstall, StreamMessage, StreamReply } from '../protocol/index.ts';
import type { ContentSender, IncomingContent } from '../content/index.ts';
import type { SectionSizes } from './frames.ts';

/** A source of a stream's bytes from one peer. Disposing closes it, and the sender stops. */
export interface ByteRoad extends AsyncDisposable {
  /**
   * The next bytes, valid until the next call; undefined at the end. At most a few MiB are fetched ahead. Errors:
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

/**
 * Sends a stream to one peer. Its promises resolve when there is room for more. Errors: `PEER_GONE`, `PEER_TIMEOUT`.
 */
export interface StreamOutlet {
  say(message: StreamMessage | StreamReply): Promise<void>;
  /** Announces the sizes of each section's files, without copies; called before the first content. */
  expect(sizes: SectionSizes): void;
  /** The outlet itself sends the hashes of finished files. The bytes may be reused once it resolves. */
  content(section: number, bytes: Uint8Array): Promise<void>;
  endSection(section: number): Promise<void>;
}

/** Answers one request on the outlet, with a refusal or the whole stream. Never throws for a fault of the peer. */
export type ServeStream = (
  request: StreamInstall,
  options: { peerId: string; outlet: StreamOutlet; signal: AbortSignal },
) => Promise<void>;

/** A stream whose bytes come to this thread. */
export interface ByteStream extends Omit<IncomingContent, 'pour'> {
  /** The number of files in each section, without copies. */
  readonly sectionFiles: readonly number[];
  /**
   * The content of each section as `ContentSection.bytes` gives it. Ends without an error only after the sender has
   * said that all is sound.
   */
  pieces(): AsyncIterable<StreamPiece>;
}

export interface StreamPiece {
  readonly section: number;
  /** Valid until the next piece is requested. */
  readonly bytes: Uint8Array;
}

export interface StreamSenders {
  readonly manifestRoot: string;
  /** The size of the payload that the peers agree on: the unpacked size is checked against it. */
  readonly payloadBytes: number;
  /** Best first. */
  readonly senders: readonly ContentSender[];
}
