/** What the lane's main thread and its workers say to each other. Both sides are this program, so nothing is parsed. */
import type { ErrorCode, ErrorDetails } from '../../base/index.ts';
import type { GetBlocks, LaneOffer, StreamEntry, StreamInstall } from '../../protocol/index.ts';
import type { FileWrite, ServePlan } from '../types.ts';
import type { SectionSizes } from '../../streamed/index.ts';
import type { PourOrder, StreamOrder } from './worker/stream-receivers.ts';

export interface WorkerSetup {
  readonly index: number;
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** Port 0: any. A restarted worker gets the ports that were offered already. */
  readonly listen: readonly { readonly host: string; readonly port: number }[];
  readonly isMetered: boolean;
}

/** A LanspreadError in the form that crosses threads. */
export interface ErrorFacts {
  readonly code: ErrorCode;
  readonly message: string;
  readonly details: ErrorDetails;
}

export interface FetchOrder {
  readonly id: number;
  readonly peerId: string;
  readonly request: GetBlocks;
  readonly files: readonly FileWrite[];
  /** Another fetch has some of these blocks too: write nothing that was not verified. */
  readonly isCareful: boolean;
}

/** What comes next of a stream's answer. */
export type StreamStep =
  | {
      readonly kind: 'feed';
      /** In memory that both threads see; it is free again with `fed`. */
      readonly bytes: Uint8Array<SharedArrayBuffer>;
      /** Whose content it is, to be framed and hashed; undefined: frames as they are. */
      readonly section: number | undefined;
    }
  | { readonly kind: 'expect'; readonly sizes: SectionSizes }
  /** Answered with `fed`, as a feed is: a section may end with very many hashes. */
  | { readonly kind: 'end-section'; readonly section: number }
  | { readonly kind: 'end' };

export type ToWorker =
  | { readonly kind: 'trust'; readonly token: number; readonly peerId: string; readonly offer: LaneOffer | undefined }
  | { readonly kind: 'fetch'; readonly order: FetchOrder }
  | { readonly kind: 'careful'; readonly token: number; readonly fetchId: number }
  | { readonly kind: 'abort'; readonly fetchId: number }
  | { readonly kind: 'serve'; readonly connectionId: number; readonly requestId: number; readonly plan: ServePlan }
  | {
      readonly kind: 'refuse';
      readonly connectionId: number;
      readonly requestId: number;
      readonly code: ErrorCode;
      readonly message: string;
    }
  | { readonly kind: 'metered'; readonly isMetered: boolean }
  | { readonly kind: 'grant'; readonly connectionId: number; readonly bytes: number }
  | {
      readonly kind: 'answer-stream';
      readonly connectionId: number;
      readonly requestId: number;
      readonly step: StreamStep;
    }
  | { readonly kind: 'open-stream'; readonly order: StreamOrder }
  /** Where the content of a stream goes, whose plan was told. */
  | { readonly kind: 'pour'; readonly order: PourOrder }
  | { readonly kind: 'leave-stream'; readonly streamId: number }
  | { readonly kind: 'stop' };

export interface FetchProgress {
  readonly fetchId: number;
  readonly bytes: number;
  /** Block numbers; a wrong block as its bitwise complement, so negative. */
  readonly blocks: readonly number[];
}

export interface TrafficSample {
  readonly peerId: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

export type FromWorker =
  | { readonly kind: 'listening'; readonly ports: readonly number[] }
  | { readonly kind: 'not-listening'; readonly error: ErrorFacts }
  | { readonly kind: 'done'; readonly token: number }
  | {
      readonly kind: 'progress';
      readonly fetches: readonly FetchProgress[];
      readonly traffic: readonly TrafficSample[];
    }
  | { readonly kind: 'settled'; readonly fetchId: number; readonly error: ErrorFacts | undefined }
  | {
      readonly kind: 'asked';
      readonly connectionId: number;
      readonly requestId: number;
      readonly peerId: string;
      readonly request: GetBlocks;
    }
  | {
      readonly kind: 'asked-stream';
      readonly connectionId: number;
      readonly requestId: number;
      readonly peerId: string;
      readonly request: StreamInstall;
    }
  /** The socket took what `feed` brought; one for each, in order. */
  | { readonly kind: 'fed'; readonly connectionId: number }
  | {
      readonly kind: 'stream-plan';
      readonly streamId: number;
      readonly entries: readonly StreamEntry[];
      readonly totalBytes: number;
    }
  | { readonly kind: 'stream-wrote'; readonly streamId: number; readonly bytes: number }
  /** BLAKE3 of each file as it was written, and as the sender told it. */
  | {
      readonly kind: 'stream-poured';
      readonly streamId: number;
      readonly own: readonly string[];
      readonly sender: readonly string[];
    }
  | { readonly kind: 'stream-ended'; readonly streamId: number; readonly error: ErrorFacts | undefined }
  /** The response is sent, refused or cut off. */
  | { readonly kind: 'answered'; readonly connectionId: number; readonly requestId: number; readonly bytes: number }
  | { readonly kind: 'need'; readonly connectionId: number; readonly peerId: string }
  | { readonly kind: 'closed'; readonly connectionId: number }
  | { readonly kind: 'log'; readonly level: 'debug' | 'warn'; readonly facts: object; readonly message: string };
