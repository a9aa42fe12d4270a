/** The sending end of a streamed install: gate, limits, and the content of the archives as frames. */
import { availableParallelism } from 'node:os';
import { LanspreadError, sleep, throwIfAborted, type Clock, type GameId, type Logger } from '../../base/index.ts';
import type { Library } from '../../library/index.ts';
import { limits, type Manifest, type StreamInstall, type StreamMessage } from '../../protocol/index.ts';
import { takeBytes, takePlace, wordsForStrangers, type Uploads } from '../../uploads/index.ts';
import { toldCodes, type SectionSizes } from '../frames.ts';
import type { ContentSection, OpenPayload, PayloadContent } from '../../content/index.ts';
import type { ServeStream, StreamOutlet } from '../types.ts';
import { interleave } from './interleave.ts';

/** The most streams at a time. Unpacking keeps a processor busy, so further requests are told to come again. */
const defaultStreams = 2;
/** With a second unpacker no processor waits for the pipe of the first. */
const defaultUnpackers = 2;
/** How often the receiver hears that the listing of the archives goes on, in milliseconds. */
const lookingPeriodMs = 5_000;

interface ServeStreamOptions {
  readonly library: Pick<Library, 'get' | 'manifestState'>;
  readonly isKnownGame: (id: string) => boolean;
  /** False while the game is being removed or repaired; checked during the whole stream. */
  readonly isServable: (id: GameId) => boolean;
  readonly openPayload: OpenPayload;
  /** Throws when the payload has changed since it was hashed. Default: no check. */
  readonly assertUnchanged?: (payload: { gameRoot: string; manifest: Manifest }) => Promise<void>;
  readonly uploads: Uploads;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Streams at a time. Default: 2. */
  readonly maxStreams?: number;
  /**
   * Unpackers for one stream at a time, while it is the only one and no game is played. Default: 2, with one processor
   * 1.
   */
  readonly maxUnpackers?: number;
  /** Whether a game is being played on this PC. */
  readonly isPlaying?: () => boolean;
}

export function createStreamServer(options: ServeStreamOptions): ServeStream {
  const { uploads, clock, logger, maxStreams = defaultStreams } = options;
  const { maxUnpackers = Math.min(defaultUnpackers, availableParallelism()), isPlaying = () => false } = options;
  let running = 0;
  return async (request, { peerId, outlet, signal }) => {
    let isBegun = false;
    using stack = new DisposableStack();
    try {
      stack.use(await takePlace({ uploads, peerId, signal, clock }));
      if (running >= maxStreams)
        throw new LanspreadError('TOO_MANY_REQUESTS', { message: 'This PC unpacks for others already.' });
      running += 1;
      stack.defer(() => void (running -= 1));
      const { gameRoot, manifest } = findPayload(request, options);
      await options.assertUnchanged?.({ gameRoot, manifest });
      await outlet.say({ ok: true });
      isBegun = true;
      const content = await look(gameRoot, { outlet, signal, options });
      const atMost = maxUnpackers > 1 ? Math.min(request.sections ?? 1, limits.streamSections) : 1;
      const sections = content.sections({ atMost });
      const atATime = (): number => (running > 1 || isPlaying() ? 1 : maxUnpackers);
      for (const message of planMessages(content, sections)) await outlet.say(message);
      outlet.expect(sizesOf(content, sections));
      await send(contentItems(sections, { atATime, signal }), { request, peerId, outlet, signal, options });
      // Checked again, because each section opened its archive again.
      await options.assertUnchanged?.({ gameRoot, manifest });
      await outlet.say({ kind: 'sound' });
    } catch (error) {
      if (signal.aborted) return;
      const { code, message } = wordsForStrangers(error, toldCodes);
      logger.warn({ peerId, gameId: request.id, err: error }, 'a streamed install was not served to its end');
      await outlet.say(isBegun ? { kind: 'failed', code, message } : { ok: false, code, message });
    }
  };
}

/** The serve gate for a whole game. */
function findPayload(
  { id, version, root }: StreamInstall,
  { library, isKnownGame, isServable }: Pick<ServeStreamOptions, 'library' | 'isKnownGame' | 'isServable'>,
): { gameRoot: string; manifest: Manifest } {
  const game = isKnownGame(id) && isServable(id) ? library.get(id) : undefined;
  if (!game?.downloaded || game.version !== version) throw new LanspreadError('GAME_NOT_FOUND');
  const state = library.manifestState(id);
  if (state.kind === 'pending') throw new LanspreadError('MANIFEST_PENDING');
  if (state.kind === 'none') throw new LanspreadError('GAME_NOT_FOUND');
  if (state.hashed.root !== root) throw new LanspreadError('MANIFEST_MISMATCH');
  return { gameRoot: game.root, manifest: state.hashed.manifest };
}

/**
 * Lists the archives. This takes minutes where a whole archive must be read, so `looking` messages go out meanwhile.
 */
async function look(
  gameRoot: string,
  { outlet, signal, options }: { outlet: StreamOutlet; signal: AbortSignal; options: ServeStreamOptions },
): Promise<PayloadContent> {
  const done = new AbortController();
  const stop = AbortSignal.any([signal, done.signal]);
  const telling = (async () => {
    for (;;) {
      await sleep(lookingPeriodMs, { signal: stop, clock: options.clock });
      await outlet.say({ kind: 'looking' });
    }
  })();
  // It ends by abort or with the outlet, and the signal reports the outlet's end, too.
  telling.catch(() => {});
  try {
    return await options.openPayload(gameRoot, { signal });
  } finally {
    done.abort();
    await telling.catch(() => {});
  }
}

async function send(
  items: AsyncIterable<ContentItem>,
  {
    request,
    peerId,
    outlet,
    signal,
    options,
  }: { request: StreamInstall; peerId: string; outlet: StreamOutlet; signal: AbortSignal; options: ServeStreamOptions },
): Promise<void> {
  const { uploads, isServable } = options;
  let creditBytes = 0;
  for await (const { section, bytes } of items) {
    throwIfAborted(signal);
    if (!isServable(request.id)) throw new LanspreadError('NOT_SERVED', { message: 'The game is being changed here.' });
    if (!bytes) {
      await outlet.endSection(section);
      continue;
    }
    for (let at = 0; at < bytes.length; ) {
      if (creditBytes <= 0 || creditBytes === Infinity) creditBytes = await takeBytes({ uploads, peerId, signal });
      const piece = bytes.subarray(at, at + creditBytes);
      await outlet.content(section, piece);
      creditBytes -= piece.length;
      at += piece.length;
    }
  }
}

/** A piece of at least this size is sent as it is; smaller ones are collected first. */
const worthItsWayBytes = 128 * 1024;

type Sections = readonly Pick<ContentSection, 'firstEntry'>[];

/** A piece of a section's content; without bytes, the section's end. */
interface ContentItem {
  readonly section: number;
  /** Valid until the next item is requested. */
  readonly bytes: Uint8Array | undefined;
}

/** The plan, and the entries in batches, one message per batch. */
function* planMessages(
  { entries, totalBytes }: Pick<PayloadContent, 'entries' | 'totalBytes'>,
  sections: Sections,
): Generator<StreamMessage> {
  const further = sections.slice(1).map(({ firstEntry }) => firstEntry);
  yield { kind: 'plan', entries: entries.length, totalBytes, ...(further.length > 0 && { sections: further }) };
  for (let from = 0; from < entries.length; from += limits.streamBatch)
    yield { kind: 'entries', entries: entries.slice(from, from + limits.streamBatch) };
}

function sizesOf({ entries }: Pick<PayloadContent, 'entries'>, sections: Sections): SectionSizes {
  return sections.map(({ firstEntry }, index) =>
    entries
      .slice(firstEntry, sections[index + 1]?.firstEntry)
      .flatMap(({ kind, size, copyOf }) => (kind === 'file' && copyOf === undefined ? [size] : [])),
  );
}

/** Unpacks `atATime()` sections in parallel. Errors: those of the content. */
function contentItems(
  sections: readonly ContentSection[],
  { atATime, signal }: { atATime: () => number; signal: AbortSignal },
): AsyncGenerator<ContentItem, void, undefined> {
  const streams = sections.map((of, section) => (stop: AbortSignal) => itemsOf(of, { section, signal: stop }));
  return interleave(streams, { atATime, signal });
}

async function* itemsOf(
  of: ContentSection,
  { section, signal }: { section: number; signal: AbortSignal },
): AsyncGenerator<ContentItem, void, undefined> {
  const small = Buffer.allocUnsafeSlow(limits.streamFrameBytes);
  let filled = 0;
  for await (const bytes of of.bytes({ signal })) {
    throwIfAborted(signal);
    const isLarge = bytes.length >= worthItsWayBytes;
    if (filled > 0 && (isLarge || filled + bytes.length > small.length)) {
      yield { section, bytes: small.subarray(0, filled) };
      filled = 0;
    }
    if (isLarge) yield { section, bytes };
    else {
      small.set(bytes, filled);
      filled += bytes.length;
    }
  }
  if (filled > 0) yield { section, bytes: small.subarray(0, filled) };
  yield { section, bytes: undefined };
}
