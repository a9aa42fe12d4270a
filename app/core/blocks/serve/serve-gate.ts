/** The serve gate: one rule for every lane by which blocks leave this PC. */
import {
  absolutePath,
  forEachParallel,
  LanspreadError,
  type Bitmap,
  type FileSystem,
  type GameId,
} from '../../base/index.ts';
import { ManifestLayout, type GetBlocks, type Manifest } from '../../protocol/index.ts';
import { layoutOf, readSentinel } from '../../game-folder/index.ts';
import type { HashedManifest, Library } from '../../library/index.ts';
import type { BlockRepository } from '../../state/index.ts';
import type { LivePartial } from '../live-partial.ts';
import type { Authorize, ServePlan } from '../../lanes/index.ts';

export interface ServeGateOptions {
  library: Pick<Library, 'get' | 'manifestState'>;
  isKnownGame: (id: string) => boolean;
  /** False while the game is being removed or repaired. */
  isServable: (id: GameId) => boolean;
  /** The running download of a game: its verified blocks may be served. */
  partialOf: (id: GameId) => Pick<LivePartial, 'manifestRoot' | 'gameRoot' | 'layout' | 'verified'> | undefined;
  fileSystem: FileSystem;
  blocks: Pick<BlockRepository, 'get'>;
  /** Called when the library's entry of a game no longer matches the disk. */
  onStale?: (id: GameId) => void;
}

/**
 * How many files are checked again before a request is served. A request for more files gets this many checks, evenly
 * spread.
 */
const checkedFiles = 512;

/** Refusals because the disk no longer matches the library. */
class Stale extends LanspreadError {}

interface Offer {
  readonly layout: ManifestLayout;
  readonly gameRoot: string;
  /** Undefined: all blocks. */
  readonly verified: Bitmap | undefined;
}

/**
 * Builds the gate. It refuses with `GAME_NOT_FOUND`, `MANIFEST_PENDING`, `MANIFEST_MISMATCH`, `NOT_SERVED` or
 * `BLOCK_NOT_AVAILABLE`.
 */
export function createServeGate(options: ServeGateOptions): Authorize {
  const layouts = new LayoutCache();
  return async (_peerId, request) => {
    const offer = findOffer(request, options, layouts);
    const plan = planBlocks(request, offer, layouts);
    if (offer.verified) return plan;
    try {
      await assertUnchanged(plan, offer, options);
    } catch (error) {
      if (error instanceof Stale) options.onStale?.(request.id);
      throw error;
    }
    // An operation may have begun to change the game folder during the check.
    const { verified, gameRoot } = findOffer(request, options, layouts);
    if (verified || gameRoot !== offer.gameRoot) throw new LanspreadError('MANIFEST_PENDING');
    return plan;
  };
}

/** The same check for a payload that is sent as a whole. Throws `GAME_NOT_FOUND`, `MANIFEST_MISMATCH`, `NOT_SERVED`. */
export async function assertPayloadUnchanged(
  { gameRoot, manifest }: { gameRoot: string; manifest: Manifest },
  options: Pick<ServeGateOptions, 'fileSystem' | 'blocks' | 'onStale'>,
): Promise<void> {
  // An empty file has no block, so it has no hash.
  const segments = manifest.files
    .filter(({ size }) => size > 0)
    .map(({ path, size }) => ({ path: absolutePath(gameRoot, path), offsetBytes: 0, lengthBytes: size }));
  try {
    await assertUnchanged({ segments }, { gameRoot, layout: { manifest } }, options);
  } catch (error) {
    if (error instanceof Stale) options.onStale?.(manifest.id);
    throw error;
  }
}

function findOffer(
  request: GetBlocks,
  { library, isKnownGame, isServable, partialOf }: ServeGateOptions,
  layouts: LayoutCache,
): Offer {
  const { id, root } = request;
  if (!isKnownGame(id) || !isServable(id)) throw new LanspreadError('GAME_NOT_FOUND');
  const partial = partialOf(id);
  if (partial) {
    if (partial.manifestRoot !== root) throw new LanspreadError('MANIFEST_MISMATCH');
    return { layout: partial.layout, gameRoot: partial.gameRoot, verified: partial.verified };
  }
  const game = library.get(id);
  if (!game?.downloaded) throw new LanspreadError('GAME_NOT_FOUND');
  const state = library.manifestState(id);
  if (state.kind === 'pending') throw new LanspreadError('MANIFEST_PENDING');
  if (state.kind === 'none') throw new LanspreadError('GAME_NOT_FOUND');
  if (state.hashed.root !== root) throw new LanspreadError('MANIFEST_MISMATCH');
  return { layout: layouts.of(state.hashed), gameRoot: game.root, verified: undefined };
}

/**
 * Finds where the requested blocks lie. Pure. Throws `NOT_SERVED` for a path or range outside the manifest,
 * `BLOCK_NOT_AVAILABLE`.
 */
export function planBlocks(
  { file, from, count }: GetBlocks,
  { layout, gameRoot, verified }: Offer,
  layouts = new LayoutCache(),
): ServePlan {
  const fileIndex = layouts.indexOf(layout, file);
  const asked = fileIndex === undefined ? undefined : layout.manifest.files[fileIndex];
  if (fileIndex === undefined || !asked || from >= asked.blocks.length) {
    throw new LanspreadError('NOT_SERVED', { message: 'The manifest has no such block.' });
  }
  const first = layout.firstBlockOf(fileIndex) + from;
  if (first + count > layout.blockCount)
    throw new LanspreadError('NOT_SERVED', { message: 'The range runs over the end.' });
  const segments: { path: string; offsetBytes: number; lengthBytes: number }[] = [];
  let current = -1;
  let totalBytes = 0;
  for (let block = first; block < first + count; block += 1) {
    if (verified && !verified.has(block)) throw new LanspreadError('BLOCK_NOT_AVAILABLE');
    const place = layout.place(block);
    const last = segments.at(-1);
    if (place.fileIndex === current && last) last.lengthBytes += place.lengthBytes;
    else {
      const path = layout.manifest.files[place.fileIndex]?.path;
      if (path === undefined) throw new LanspreadError('NOT_SERVED');
      segments.push({
        path: absolutePath(gameRoot, path),
        offsetBytes: place.offsetBytes,
        lengthBytes: place.lengthBytes,
      });
    }
    current = place.fileIndex;
    totalBytes += place.lengthBytes;
  }
  return { totalBytes, segments };
}

/**
 * Refuses files that have changed since they were hashed. Also refuses a payload without a sentinel, or whose sentinel
 * names another version by now.
 */
async function assertUnchanged(
  { segments }: Pick<ServePlan, 'segments'>,
  { gameRoot, layout }: { gameRoot: string; layout: Pick<ManifestLayout, 'manifest'> },
  { fileSystem, blocks }: Pick<ServeGateOptions, 'fileSystem' | 'blocks'>,
): Promise<void> {
  const file = await fileSystem.lstat(layoutOf(gameRoot).sentinel).catch(() => undefined);
  const sentinel = file?.kind === 'file' ? await readSentinel(fileSystem, gameRoot).catch(() => undefined) : undefined;
  if (!sentinel) throw new Stale('GAME_NOT_FOUND');
  if (sentinel.text !== layout.manifest.sentinel) throw new Stale('MANIFEST_MISMATCH');
  const check = async ({ path }: { path: string }): Promise<void> => {
    const stat = await fileSystem.lstat(path).catch((cause: unknown) => {
      throw new Stale('NOT_SERVED', { message: 'A file of the payload is missing.', cause });
    });
    const { sizeBytes, mtimeNs, inode } = stat;
    if (stat.kind !== 'file' || !blocks.get({ path, sizeBytes, mtimeNs, inode })) {
      throw new Stale('NOT_SERVED', { message: 'A file of the payload has changed.' });
    }
  };
  const step = Math.max(1, Math.ceil(segments.length / checkedFiles));
  const checked = segments.filter((_, index) => index % step === 0);
  await forEachParallel(checked, check);
}

/** Caches the layouts and path tables of manifests. */
class LayoutCache {
  readonly #layouts = new WeakMap<HashedManifest, ManifestLayout>();
  readonly #indexes = new WeakMap<ManifestLayout, Map<string, number>>();

  of(hashed: HashedManifest): ManifestLayout {
    const known = this.#layouts.get(hashed);
    if (known) return known;
    const layout = new ManifestLayout(hashed.manifest);
    this.#layouts.set(hashed, layout);
    return layout;
  }

  indexOf(layout: ManifestLayout, path: string): number | undefined {
    let index = this.#indexes.get(layout);
    if (!index) {
      index = new Map(layout.manifest.files.map((file, at) => [file.path as string, at]));
      this.#indexes.set(layout, index);
    }
    return index.get(path);
  }
}
