import {
  abortError,
  type LanspreadError,
  throwIfAborted,
  toLanspreadError,
  untilAborted,
  type GameId,
} from '../base/index.ts';
import { buildManifest, type BuildContext, type BuiltManifest } from './manifest-builder.ts';
import { LruByBytes } from './lru-by-bytes.ts';
import type { HashedManifest, HashOptions, ManifestState } from './types.ts';

/** A downloaded game as the library knows it. */
export interface ManifestSubject {
  readonly id: GameId;
  readonly root: string;
  /** See `contentKeyOf`. */
  readonly contentKey: string;
}

interface Building {
  readonly subject: ManifestSubject;
  readonly promise: Promise<HashedManifest>;
  readonly resolve: (hashed: HashedManifest) => void;
  readonly reject: (error: unknown) => void;
  readonly controller: AbortController;
  readonly listeners: Set<(hashedBytes: number) => void>;
  isUrgent: boolean;
  isStarted: boolean;
  doneBytes: number;
  totalBytes: number;
}

interface ManifestsOptions extends BuildContext {
  /** `built.contentKey` equals the subject's, unless the game folder changed since it was looked at. */
  readonly onBuilt: (id: GameId, built: BuiltManifest) => void;
  /** No manifest is possible until the game folder changes. */
  readonly onUnfit: (id: GameId, error: LanspreadError) => void;
}

/** Limit for manifests in memory, in bytes; others are rebuilt from the stored block hashes. */
const keptBytes = 64 * 1024 * 1024;
/** How many requested manifests are built at a time. In the background it is one, and none while a request is open. */
const parallelUrgent = 2;

/** The manifests of this PC's games: built in the background one after another; requested ones first. */
export class Manifests implements AsyncDisposable {
  readonly #options: ManifestsOptions;
  readonly #ready = new LruByBytes<GameId, BuiltManifest>(keptBytes, ({ hashed }) => hashed.bytes.length);
  readonly #unfit = new Map<GameId, { readonly contentKey: string; readonly error: LanspreadError }>();
  /** In the order of the requests. */
  readonly #building = new Map<GameId, Building>();
  readonly #runs = new Set<Promise<void>>();
  /** Resolves when waiting background work should check again whether it may go on. */
  #gate = Promise.withResolvers<void>();
  #disposed = false;

  constructor(options: ManifestsOptions) {
    this.#options = options;
  }

  /** The manifest's state now; a missing manifest is built with priority. */
  state(subject: ManifestSubject): ManifestState {
    const ready = this.#readyOf(subject);
    if (ready) return { kind: 'ready', hashed: ready };
    if (this.#unfitOf(subject)) return { kind: 'none' };
    const { doneBytes, totalBytes } = this.#build(subject, { isUrgent: true });
    const percent = totalBytes > 0 ? Math.min(99, Math.floor((doneBytes / totalBytes) * 100)) : 0;
    return { kind: 'pending', percent };
  }

  async get(subject: ManifestSubject, { signal, onProgress }: HashOptions = {}): Promise<HashedManifest> {
    const ready = this.#readyOf(subject);
    if (ready) return ready;
    const unfit = this.#unfitOf(subject);
    if (unfit) throw unfit;
    const building = this.#build(subject, { isUrgent: true });
    if (onProgress) building.listeners.add(onProgress);
    try {
      return await (signal ? untilAborted(signal, () => building.promise) : building.promise);
    } finally {
      if (onProgress) building.listeners.delete(onProgress);
    }
  }

  /** Builds it when there is nothing else to do. */
  prepare(subject: ManifestSubject): void {
    if (this.#readyOf(subject) || this.#unfitOf(subject)) return;
    this.#build(subject, { isUrgent: false });
  }

  /** The manifest hash of exactly this content, if it is in memory. */
  rootOf(subject: ManifestSubject): string | undefined {
    return this.#readyOf(subject)?.root;
  }

  /** Takes over a manifest that was verified elsewhere. */
  adopt(id: GameId, built: BuiltManifest): void {
    this.forget(id);
    this.#ready.set(id, built);
  }

  /** Forgets what is known of this game, unless it belongs to the content `except`. */
  forget(id: GameId, { except }: { except?: string | undefined } = {}): void {
    if (this.#ready.peek(id)?.contentKey !== except) this.#ready.delete(id);
    if (this.#unfit.get(id)?.contentKey !== except) this.#unfit.delete(id);
    const building = this.#building.get(id);
    if (!building || building.subject.contentKey === except) return;
    this.#building.delete(id);
    building.controller.abort();
    building.reject(abortError(building.controller.signal));
    this.#openGate();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#disposed = true;
    for (const id of Array.from(this.#building.keys())) this.forget(id);
    await Promise.all(this.#runs);
  }

  #readyOf({ id, contentKey }: ManifestSubject): HashedManifest | undefined {
    const built = this.#ready.get(id);
    return built?.contentKey === contentKey ? built.hashed : undefined;
  }

  #unfitOf({ id, contentKey }: ManifestSubject): LanspreadError | undefined {
    const unfit = this.#unfit.get(id);
    return unfit?.contentKey === contentKey ? unfit.error : undefined;
  }

  #build(subject: ManifestSubject, { isUrgent }: { isUrgent: boolean }): Building {
    this.forget(subject.id, { except: subject.contentKey });
    let building = this.#building.get(subject.id);
    if (!building) {
      building = newBuilding(subject);
      this.#building.set(subject.id, building);
    }
    building.isUrgent ||= isUrgent;
    if (this.#disposed) this.forget(subject.id);
    else this.#startNext();
    return building;
  }

  #startNext(): void {
    const all = [...this.#building.values()];
    const started = all.filter(({ isStarted }) => isStarted);
    const waiting = all.filter(({ isStarted }) => !isStarted);
    const urgentRoom = parallelUrgent - started.filter(({ isUrgent }) => isUrgent).length;
    const urgent = waiting.filter(({ isUrgent }) => isUrgent).slice(0, Math.max(0, urgentRoom));
    const next = urgent.length === 0 && started.length === 0 ? waiting.slice(0, 1) : urgent;
    this.#openGate();
    for (const building of next) {
      building.isStarted = true;
      const run = this.#run(building).finally(() => this.#runs.delete(run));
      this.#runs.add(run);
    }
  }

  /** Background work waits while a request for another game is open. */
  async #turn(building: Building): Promise<void> {
    const hasPrecedence = ({ isUrgent }: Building): boolean => isUrgent && !building.isUrgent;
    while (this.#building.get(building.subject.id) === building && [...this.#building.values()].some(hasPrecedence))
      await this.#gate.promise;
    throwIfAborted(building.controller.signal);
  }

  #openGate(): void {
    const former = this.#gate;
    this.#gate = Promise.withResolvers<void>();
    former.resolve();
  }

  async #run(building: Building): Promise<void> {
    const { id } = building.subject;
    try {
      const built = await buildManifest(this.#options, building.subject, {
        signal: building.controller.signal,
        isUrgent: () => building.isUrgent,
        turn: () => this.#turn(building),
        onProgress: (doneBytes, totalBytes) => {
          building.doneBytes = doneBytes;
          building.totalBytes = totalBytes;
          for (const listener of building.listeners) listener(doneBytes);
        },
      });
      if (this.#building.get(id) !== building) return;
      this.#building.delete(id);
      this.#ready.set(id, built);
      building.resolve(built.hashed);
      this.#options.onBuilt(id, built);
    } catch (error) {
      this.#fail(building, error);
    } finally {
      this.#startNext();
    }
  }

  #fail(building: Building, thrown: unknown): void {
    const { id, contentKey } = building.subject;
    if (this.#building.get(id) !== building) return;
    this.#building.delete(id);
    const error = toLanspreadError(thrown);
    building.reject(error);
    if (this.#disposed) return;
    this.#options.logger.warn({ gameId: id, err: thrown }, 'the payload has no manifest');
    // Other errors (of the disk, or a payload that keeps changing) may pass: the next scan tries again.
    if (error.code !== 'INVALID_PATH' && error.code !== 'MANIFEST_INVALID') return;
    this.#unfit.set(id, { contentKey, error });
    this.#options.onUnfit(id, error);
  }
}

function newBuilding(subject: ManifestSubject): Building {
  const { promise, resolve, reject } = Promise.withResolvers<HashedManifest>();
  // There may be no waiter; a failure is logged where it happens.
  promise.catch(() => {});
  const controller = new AbortController();
  const progress = { isUrgent: false, isStarted: false, doneBytes: 0, totalBytes: 0 };
  return { subject, promise, resolve, reject, controller, listeners: new Set(), ...progress };
}
