import type { Clock, ErrorCode, Event, Logger } from '../../../base/index.ts';
import type { LaneOffer } from '../../../protocol/index.ts';
import type { ServeStream, StreamLane } from '../../../streamed/index.ts';
import type { Authorize, Lane } from '../../types.ts';
import type { UploadLimits, Uploads } from '../../../uploads/index.ts';

export interface TlsLaneOptions {
  /** This PC's; the certificate says it. Left out: the certificate says nothing, as in earlier versions. */
  readonly peerId?: string;
  /** IP addresses to listen on, each with a port per worker. A wildcard is offered as an empty host. */
  readonly listenHosts: readonly string[];
  /** Of the first worker; the others take those that follow. Default: any that are free. */
  readonly port?: number | undefined;
  readonly authorize: Authorize;
  /** Answers requests for streams. Left out: they end without an answer. */
  readonly serveStream?: ServeStream;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly uploadLimits?: UploadLimits;
  /** Threads. Default: two to four, by the number of processors. */
  readonly workers?: number;
}

export interface LaneTraffic {
  readonly peerId: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A request of a peer that ended, whole or cut off. */
export interface Served {
  readonly peerId: string;
  readonly gameId: string;
  readonly bytes: number;
  /** Set when it was refused. */
  readonly refusedWith: ErrorCode | undefined;
}

/** The byte lane of this node, both ends of it. */
export interface TlsLane extends Lane, StreamLane {
  readonly kind: 'tls';
  /** Resolves when the signal aborts; rejects once a worker died and, several times in a row, could not be started again. */
  watch(signal: AbortSignal): Promise<void>;
  /** For Hello: where it listens and what certificate it shows. */
  offer(): LaneOffer;
  /**
   * Lets a peer in and remembers where its lane is; resolves when every worker knows. An offer without addresses only
   * lets it in. Undefined, or another certificate, ends what runs with the peer (`PEER_GONE`).
   */
  trust(peerId: string, offer: LaneOffer | undefined): Promise<void>;
  setUploadLimits(limits: UploadLimits): void;
  /** The same limits for the control lane. */
  readonly uploads: Uploads;
  /** Payload bytes per peer since the peer was last trusted anew. */
  traffic(): readonly LaneTraffic[];
  readonly onDidServe: Event<Served>;
  /** Bytes went or came: a sign of life, at most twice a second per peer. */
  readonly onPeerBytes: Event<{ readonly peerId: string; readonly bytes: number }>;
}
