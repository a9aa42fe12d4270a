/**
 * The wire in one file: protocol ids and the schema of every message of the control plane and the lanes. There is one version
 * without compatibility shims. Unknown fields are ignored; a wrong type is `BAD_MESSAGE`.
 */
import { z } from 'zod';
import { isGameId, type GameId } from '../base/index.ts';
import { limits } from './limits.ts';
import { cleanName, shownText } from './shown-text.ts';

/** Peers of another version are listed as incompatible and get no session. */
export const PROTOCOL_VERSION = 1;

export const protocols = {
  hello: '/lanspread/hello/1',
  library: '/lanspread/library/1',
  playing: '/lanspread/playing/1',
  peers: '/lanspread/peers/1',
  room: '/lanspread/room/1',
  game: '/lanspread/game/1',
  have: '/lanspread/have/1',
  blocks: '/lanspread/blocks/1',
  streamInstall: '/lanspread/stream-install/1',
  goodbye: '/lanspread/goodbye/1',
} as const;

const text = z.string().max(limits.textLength);
const hash = z.string().regex(/^[0-9a-f]{64}$/);
const gameId = z.custom<GameId>(isGameId, 'is not a game id');
const count = z.int().nonnegative();
const port = z.int().min(1).max(65_535);

/** The facts about one game that other PCs get. Titles and pictures come from each PC's own catalog. */
const gameSummarySchema = z.object({
  id: gameId,
  version: text,
  sizeBytes: count,
  availability: z.enum(['Ready', 'LocalOnly', 'Partial']),
  /** The manifest hash, once it is known; always set for a `Partial`. */
  root: hash.optional(),
});
export type GameSummary = z.infer<typeof gameSummarySchema>;

const laneOfferSchema = z.object({
  /**
   * The address of the TLS lane. Hosts are the PC's addresses; an empty host means "the address at which you reach my control
   * plane".
   */
  addresses: z.array(z.object({ host: text, port })).max(64),
  /** SHA-256 of the lane certificate (DER), lower-case hex. */
  fingerprint: hash,
});
export type LaneOffer = z.infer<typeof laneOfferSchema>;

const librarySnapshotSchema = z.object({
  revision: count,
  digest: hash,
  games: z.array(gameSummarySchema).max(limits.helloGames),
});
export type LibrarySnapshot = z.infer<typeof librarySnapshotSchema>;

/** In `features` of a Hello: this PC wants to know which games run on other PCs. */
export const playingFeature = 'playing';

/** All games being played on a PC, sent at every change. The revision grows within one run of the program. */
export const playingSchema = z.object({ revision: count, games: z.array(gameId).max(limits.playingGames) });
export type Playing = z.infer<typeof playingSchema>;

/** In `features` of a Hello: this PC wants the addresses of peers that discovery may not show it. */
export const peersFeature = 'peers';

/** Addresses of other peers, as the sender knows them. They are unproven until a dial succeeds. */
export const peersSchema = z.object({
  peers: z.array(z.object({ id: text, addresses: z.array(text).max(limits.passedAddresses) })).max(limits.passedPeers),
});
export type PassedPeers = z.infer<typeof peersSchema>['peers'];

export const helloSchema = z.object({
  protocol: z.int(),
  /** New at every start of the program: a peer that returns with another one has forgotten the session. */
  instance: text,
  name: text.transform((name) => cleanName(name)),
  addresses: z.array(text).max(64),
  lane: laneOfferSchema.optional(),
  features: z.array(text).max(64),
  /** Optional. A value that does not fit its schema is ignored, and the peer stays. */
  playing: playingSchema.optional().catch(undefined),
  library: librarySnapshotSchema,
});
export type Hello = z.infer<typeof helloSchema>;

/** Parsed before `helloSchema`, so that another version's Hello needs only this field in common. */
export const helloVersionSchema = z.object({
  protocol: z.int(),
  /** Sent in place of an answer: this room is closed, and the peer has not proven that it knows the key. */
  closedRoom: z.literal(true).optional(),
});

export const libraryDeltaSchema = z.object({
  from: count,
  to: count,
  upserts: z.array(gameSummarySchema).max(limits.helloGames),
  removed: z.array(gameId).max(limits.helloGames),
  digest: hash,
});
export type LibraryDelta = z.infer<typeof libraryDeltaSchema>;

export const libraryDeltaReplySchema = z.object({ result: z.enum(['ok', 'resync']) });

/** `rootOnly`: answer without the manifest's bytes, for a peer that only takes part in the vote. */
export const getGameSchema = z.object({ id: gameId, version: text, rootOnly: z.boolean().optional() });

const shown = text.transform((message) => shownText(message));

const refusalSchema = z.object({
  ok: z.literal(false),
  code: text,
  message: shown,
  percent: z.number().min(0).max(100).optional(),
});

/** `bytes` raw bytes follow: the canonical manifest, or nothing when only the manifest hash was requested. */
export const getGameReplySchema = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    root: hash,
    bytes: count.max(limits.manifestBytes),
    /** Indexes of executable files; not part of the manifest, because not every file system knows them. */
    executables: z.array(count).max(limits.manifestFiles),
  }),
  refusalSchema,
]);

/**
 * Requests `count` blocks, starting with block `from` of `file`, in manifest order. The blocks continue into the next files,
 * so thousands of small files need no round trip each. The blocks' raw bytes follow.
 */
export const getBlocksSchema = z.object({
  op: z.literal('blocks'),
  id: gameId,
  root: hash,
  file: text,
  from: count,
  count: z.int().min(1).max(limits.blocksPerRequest),
});
export type GetBlocks = z.infer<typeof getBlocksSchema>;

/** Asks a peer that fetches the same content which blocks it has, now and whenever it gets more. */
export const askHaveSchema = z.object({ id: gameId, root: hash });

const blockRuns = z.array(z.tuple([count, z.int().min(1)])).max(limits.haveRuns);

/**
 * The repeated answer: first the whole bitmap (base64, bit `i` is byte `i >> 3`, bit `i & 7`), then the new blocks.
 * `fetching` lists all blocks that are on their way from peers that have everything.
 */
export const haveSchema = z.discriminatedUnion('ok', [
  z.object({
    ok: z.literal(true),
    bitmap: z
      .base64()
      .max(Math.ceil(limits.manifestBlocks / 6) + 4)
      .optional(),
    added: blockRuns,
    fetching: blockRuns,
  }),
  refusalSchema,
]);
export type Have = z.infer<typeof haveSchema>;

export const laneReplySchema = z.discriminatedUnion('ok', [
  z.object({ ok: z.literal(true), bytes: count }),
  refusalSchema,
]);
export type LaneReply = z.infer<typeof laneReplySchema>;

/**
 * Requests the unpacked content of a game's payload. After an `ok` the answer consists of frames only (see
 * `decodeStreamPrefix`): messages and the contents of all files, one after another without a gap, in the order of the
 * entries. Several sections take turns.
 */
export const streamInstallSchema = z.object({
  op: z.literal('stream-install'),
  id: gameId,
  version: text,
  /** The manifest hash of the payload. */
  root: hash,
  /** The most sections that the receiver accepts. Left out: one section with the whole content. */
  sections: count.min(1).optional(),
});
export type StreamInstall = z.infer<typeof streamInstallSchema>;

/** The requests that a lane accepts. */
export const laneRequestSchema = z.discriminatedUnion('op', [getBlocksSchema, streamInstallSchema]);

export const streamReplySchema = z.discriminatedUnion('ok', [z.object({ ok: z.literal(true) }), refusalSchema]);
export type StreamReply = z.infer<typeof streamReplySchema>;

const streamEntrySchema = z.object({
  /** Relative to the installed game; the receiver applies the path rules. */
  path: text,
  size: count,
  kind: z.enum(['file', 'directory']),
  executable: z.boolean().optional(),
  /** A copy of the earlier file with this path: neither content nor a hash follows for it. */
  copyOf: text.optional(),
});
export type StreamEntry = z.infer<typeof streamEntrySchema>;

/**
 * The messages, in this order: `looking` at intervals until the archives are listed, one `plan`, all `entries`; then the
 * content with the `hashes` (BLAKE3) of the files that are complete; and a verdict after the last hash, or where the stream
 * failed.
 */
export const streamMessageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('looking') }),
  z.object({
    kind: z.literal('plan'),
    entries: count.max(limits.streamEntries),
    totalBytes: count,
    /** The indexes of the entries with which the second and later sections begin. */
    sections: z
      .array(count)
      .max(limits.streamSections - 1)
      .optional(),
  }),
  z.object({ kind: z.literal('entries'), entries: z.array(streamEntrySchema).min(1).max(limits.streamBatch) }),
  z.object({
    kind: z.literal('hashes'),
    hashes: z.array(hash).min(1).max(limits.streamBatch),
    /** The section of these hashes; the first one when left out. */
    section: count.optional(),
  }),
  /** The unpackers found every archive sound. */
  z.object({ kind: z.literal('sound') }),
  z.object({ kind: z.literal('failed'), code: text, message: shown }),
]);
export type StreamMessage = z.infer<typeof streamMessageSchema>;

const nonce = z.string().regex(/^[0-9a-f]{64}$/);
/** The proof for a closed room, in this order; `proof` is an HMAC-SHA-256 in hex. */
export const roomChallengeSchema = z.object({ nonce });
export const roomAnswerSchema = z.object({ nonce, proof: hash });
export const roomProofSchema = z.object({ proof: hash });

export const goodbyeSchema = z.object({ reason: text.optional() });
