import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { z } from 'zod';
import type { Selection } from '../../../extension-api/index.ts';
import { anySignal, LanspreadError, throwIfAborted, type Clock, type FileSystem } from '../../base/index.ts';
import { archiveScore, boundsOf, planInstall } from '../../install/index.ts';
import type {
  ArchiveEntry,
  EntryStreamItem,
  ExtractOptions,
  ListOptions,
  StreamOptions,
  Unpacker,
} from '../../content/index.ts';
import type { UnpackerContribution } from '../manifest/index.ts';
import { planSchema, unpackToFolder, writeItems, type CheckedPlan, type ToolPlan } from '../plans/index.ts';
import { maxEntries, toExtension, type UnpackerParams } from '../wire/index.ts';
import { ActivityLimit } from './activity-limit.ts';
import { firstEntriesSchema, moreEntriesSchema, parseAnswer, scoreSchema } from './answers.ts';
import { ArchiveSource } from './archive-source.ts';
import { blame } from './blame.ts';
import type { CallScope } from './call-scope.ts';
import type { HostLimits } from './limits.ts';
import { contentOf, readyTools, type ContentContext } from './plan-content.ts';
import type { ExtensionRunner, RunningExtension } from './runner.ts';

/** What an unpacker that only the file's name speaks for is set back by, so that one whose magic number fits wins a tie. */
const nameOnlyMalus = 0.25;
const listFile = 'selection.txt';
/** A listing of more entries is not kept for the unpacking that follows. */
const maxRemembered = 10_000;

interface HostUnpackerOptions {
  readonly runner: () => ExtensionRunner;
  readonly contribution: UnpackerContribution;
  readonly limits: HostLimits;
  readonly clock: Clock;
  readonly fileSystem: FileSystem;
}

interface CallContext {
  readonly running: RunningExtension;
  readonly scope: CallScope;
  readonly archive: ArchiveSource;
}

/** An unpacker of an extension as the core knows it: the extension answers, the host carries out and checks. */
export class HostUnpacker implements Unpacker {
  readonly id: string;
  readonly #options: HostUnpackerOptions;
  /** An install lists an archive before it unpacks it, and listing may cost as much as unpacking. */
  #lastListing: { readonly archive: string; readonly entries: ArchiveEntry[] } | undefined;

  constructor(id: string, options: HostUnpackerOptions) {
    this.id = id;
    this.#options = options;
  }

  async probe(
    { path, head }: { path: string; head: Uint8Array },
    { signal }: { signal: AbortSignal },
  ): Promise<number> {
    const { contribution, limits, fileSystem } = this.#options;
    const match = matchOf(contribution.match, { name: basename(path), head });
    if (!match) return 0;
    const archive = await ArchiveSource.ofHead(fileSystem, { path, head });
    const answer = await this.#call({ archive, signal, mayRunTools: false }, async (context) => {
      const error = () => this.#late(`did not say within ${limits.probeMs} ms whether ${basename(path)} is its own`);
      using limit = new ActivityLimit({ clock: this.#options.clock, limitMs: limits.probeMs, error });
      return await this.#ask(context, toExtension.probe, { signal: anySignal(signal, limit.signal) });
    });
    const { score } = this.#parse(scoreSchema, answer, 'a score');
    if (match === 'magic' || score === 0) return score;
    const setBack = score - nameOnlyMalus;
    return score >= archiveScore ? Math.max(archiveScore, setBack) : Math.max(0, setBack);
  }

  async list(archivePath: string, { signal, isPinned = false }: ListOptions): Promise<ArchiveEntry[]> {
    throwIfAborted(signal);
    const archive = await ArchiveSource.open(this.#options.fileSystem, archivePath);
    const entries = await this.#call({ archive, signal, mayRunTools: true, isPinned }, (context) =>
      this.#list(context, signal),
    );
    this.#lastListing = entries.length <= maxRemembered ? { archive: archive.fingerprint, entries } : undefined;
    return entries;
  }

  async extract(archivePath: string, destination: string, options: ExtractOptions): Promise<void> {
    const { signal } = options;
    throwIfAborted(signal);
    const archive = await ArchiveSource.open(this.#options.fileSystem, archivePath);
    await this.#call({ archive, signal, mayRunTools: true }, async (context) => {
      const plan = await this.#plan(context, { mode: 'install', signal });
      if (plan.kind === 'tool' && plan.output === 'destination') {
        await this.#toFolder(context, plan, { ...options, destination });
        return;
      }
      const entries = await this.#knownListing(context, signal);
      const items = contentOf(plan, this.#contentContext(context), { entries, signal });
      await writeItems(items, { destination, signal, onProgress: options.onProgress });
    });
  }

  async *stream(
    archivePath: string,
    { signal, entries, isPart = false }: StreamOptions,
  ): AsyncGenerator<EntryStreamItem, void, undefined> {
    throwIfAborted(signal);
    const archive = await ArchiveSource.open(this.#options.fileSystem, archivePath);
    refuseUnsound(archive, entries);
    // The extension is in use for as long as the reader reads, which `use` cannot express of a generator.
    const done = Promise.withResolvers<void>();
    const opened = Promise.withResolvers<CallContext>();
    const call = this.#call({ archive, signal, mayRunTools: true }, async (context) => {
      opened.resolve(context);
      await done.promise;
    });
    call.catch((error: unknown) => opened.reject(error));
    try {
      const context = await opened.promise;
      const selected = isPart ? await select(entries, context.scope) : undefined;
      const plan = await this.#plan(context, { mode: 'stream', signal, selection: selected });
      yield* contentOf(plan, this.#contentContext(context), { entries, signal });
    } finally {
      done.resolve();
      await call.catch(() => {});
    }
  }

  async #call<T>(
    {
      isPinned = false,
      ...scoped
    }: { archive: ArchiveSource; signal: AbortSignal; mayRunTools: boolean; isPinned?: boolean },
    work: (context: CallContext) => Promise<T>,
  ): Promise<T> {
    return await this.#options.runner().use(
      async (running) => {
        const { archive } = scoped;
        const scope = running.openScope({ ...scoped, isPinned });
        try {
          return await work({ running, scope, archive });
        } finally {
          await running.closeScope(scope);
        }
      },
      { signal: scoped.signal },
    );
  }

  async #ask(
    { running, scope, archive }: CallContext,
    method: string,
    { signal, ...more }: { signal: AbortSignal; mode?: string; selection?: Selection | undefined },
  ): Promise<unknown> {
    const { contribution } = this.#options;
    const params: UnpackerParams = { callId: scope.id, unpackerId: contribution.id, archive: archive.facts };
    return await running.ask(method, { ...params, ...more }, { signal });
  }

  async #knownListing(context: CallContext, signal: AbortSignal): Promise<ArchiveEntry[]> {
    const last = this.#lastListing;
    const isKnown = last?.archive === context.archive.fingerprint;
    const entries = isKnown ? last.entries : await this.#list(context, signal);
    // No plan carries links: whoever installs puts copies in their place.
    return entries.filter(({ kind }) => kind !== 'symlink' && kind !== 'hardlink');
  }

  async #list(context: CallContext, signal: AbortSignal): Promise<ArchiveEntry[]> {
    const { limits, clock } = this.#options;
    const { running, scope } = context;
    const error = () => this.#late(`told no progress of listing ${context.archive.facts.name} for ${limits.listMs} ms`);
    using limit = new ActivityLimit({ clock, limitMs: limits.listMs, error });
    scope.activity = limit;
    const both = anySignal(signal, limit.signal);
    const first = this.#parse(
      firstEntriesSchema,
      await this.#ask(context, toExtension.list, { signal: both }),
      'a listing',
    );
    if (first.total > maxEntries)
      throw new LanspreadError('ARCHIVE_HOSTILE', {
        message: `${context.archive.facts.name} has ${first.total} entries; ${maxEntries} are the most.`,
      });
    const entries: ArchiveEntry[] = first.entries;
    while (entries.length < first.total) {
      const more = await running.ask(
        toExtension.moreEntries,
        { callId: scope.id, from: entries.length },
        { signal: both },
      );
      for (const entry of this.#parse(moreEntriesSchema, more, 'a listing').entries) entries.push(entry);
      limit.touch();
    }
    if (entries.length > first.total) throw this.#misbehaved('gave more entries than it announced');
    return entries;
  }

  async #plan(
    context: CallContext,
    { mode, selection, signal }: { mode: 'install' | 'stream'; selection?: Selection | undefined; signal: AbortSignal },
  ): Promise<CheckedPlan> {
    const { limits, clock } = this.#options;
    const error = () => this.#late(`made no plan for ${context.archive.facts.name} within ${limits.planMs} ms`);
    using limit = new ActivityLimit({ clock, limitMs: limits.planMs, error });
    context.scope.activity = limit;
    const answer = await this.#ask(context, toExtension.plan, {
      mode,
      selection,
      signal: anySignal(signal, limit.signal),
    });
    return this.#parse(planSchema, answer, 'a plan');
  }

  async #toFolder(
    context: CallContext,
    plan: ToolPlan,
    { destination, signal, totalBytes, onProgress }: ExtractOptions & { destination: string },
  ): Promise<void> {
    const { limits, clock } = this.#options;
    await unpackToFolder(
      {
        pipeline: await readyTools(plan, this.#contentContext(context)),
        destination,
        rules: plan,
        printsPercent: plan.progress === 'percent',
      },
      { signal, stallMs: limits.unpackMs, clock, totalBytes, onProgress },
    );
  }

  #contentContext({ running, scope, archive }: CallContext): ContentContext {
    const { clock, limits, runner } = this.#options;
    const { extension, toolBox } = runner();
    return {
      extension,
      toolBox,
      running,
      scope,
      clock,
      archivePath: () => archive.toolPath(() => scope.emptyFolder()),
      stallMs: limits.unpackMs,
    };
  }

  #parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
    return parseAnswer(schema, value, { extension: this.#options.runner().extension, what });
  }

  #late(what: string): LanspreadError {
    return blame('EXTENSION_TIMEOUT', this.#options.runner().extension, { what });
  }

  #misbehaved(what: string): LanspreadError {
    return blame('EXTENSION_MISBEHAVED', this.#options.runner().extension, { what });
  }
}

/** Tells the tools of a plan, in their working folder, what is wanted. */
async function select(entries: readonly ArchiveEntry[], scope: CallScope): Promise<Selection> {
  const paths = entries.filter(({ kind }) => kind === 'file').map(({ path }) => path);
  await writeFile(join(await scope.emptyFolder(), listFile), paths.map((path) => `${path}\n`).join(''));
  return { paths, listFile };
}

/** Paths, kinds, passwords, collisions, bombs: as for an install, before a tool is started. */
function refuseUnsound({ facts, packedBytes }: ArchiveSource, entries: readonly ArchiveEntry[]): void {
  // The name only tells in messages which archive it is; the path of the payload was checked before.
  const archive = {
    path: facts.name as Parameters<typeof planInstall>[0]['archives'][number]['path'],
    unpackerId: '',
    packedBytes,
    entries,
  };
  // Whoever asks for the content has held the whole against the limits.
  const limits = boundsOf(undefined, { isPinned: true });
  planInstall({ archives: [archive], loose: [], freeBytes: Number.POSITIVE_INFINITY, limits });
}

type Match = 'magic' | 'extension';

function matchOf(
  { extensions = [], magic = [] }: UnpackerContribution['match'],
  { name, head }: { name: string; head: Uint8Array },
): Match | undefined {
  if (magic.some((one) => holds(head, one))) return 'magic';
  const lower = name.toLowerCase();
  return extensions.some((ending) => lower.endsWith(ending)) ? 'extension' : undefined;
}

function holds(head: Uint8Array, { at, hex }: { at: number; hex: string }): boolean {
  const wanted = Buffer.from(hex, 'hex');
  return at + wanted.length <= head.length && wanted.equals(head.subarray(at, at + wanted.length));
}
