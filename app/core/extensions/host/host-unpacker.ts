import { basename } from 'node:path';
import { z } from 'zod';
import { anySignal, LanspreadError, parseWith, throwIfAborted, type Clock, type FileSystem } from '../../base/index.ts';
import {
  archiveScore,
  planInstall,
  type ArchiveEntry,
  type EntryStreamItem,
  type ListOptions,
  type StreamOptions,
  type UnpackOptions,
  type Unpacker,
} from '../../install/index.ts';
import type { UnpackerContribution } from '../manifest/index.ts';
import {
  isTooShort,
  openToolOutput,
  passing,
  planSchema,
  resolveArguments,
  SinkChannel,
  splitByEntries,
  splitTar,
  throwOfWorst,
  unpackToFolder,
  writeItems,
  type CheckedPlan,
  type ReadyTool,
  type ToolPlan,
} from '../plans/index.ts';
import { maxEntries, maxEntryPathLength, toExtension, type UnpackerParams } from '../wire/index.ts';
import { ActivityLimit } from './activity-limit.ts';
import { ArchiveSource } from './archive-source.ts';
import { blame } from './blame.ts';
import type { CallScope } from './call-scope.ts';
import type { HostLimits } from './limits.ts';
import { matchOf } from './match.ts';
import type { ExtensionRunner, RunningExtension } from './runner.ts';

/** What an unpacker that only the file's name speaks for is set back by, so that one whose magic number fits wins a tie. */
const nameOnlyMalus = 0.25;

const entrySchema = z.object({
  path: z.string().min(1).max(maxEntryPathLength),
  sizeBytes: z.int().min(0),
  kind: z.enum(['file', 'directory', 'symlink', 'hardlink', 'other']),
  executable: z.boolean().optional(),
  encrypted: z.boolean().optional(),
  packedBytes: z.int().min(0).optional(),
});
const firstEntriesSchema = z.object({ total: z.int().min(0), entries: z.array(entrySchema) });
const moreEntriesSchema = z.object({ entries: z.array(entrySchema).min(1) });
const scoreSchema = z.object({ score: z.number().min(0).max(100) });

export interface HostUnpackerOptions {
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

  async list(archivePath: string, { signal }: ListOptions): Promise<ArchiveEntry[]> {
    throwIfAborted(signal);
    const archive = await ArchiveSource.open(this.#options.fileSystem, archivePath);
    return await this.#call({ archive, signal, mayRunTools: true }, (context) => this.#list(context, signal));
  }

  async extract(archivePath: string, destination: string, options: UnpackOptions): Promise<void> {
    const { signal } = options;
    throwIfAborted(signal);
    const archive = await ArchiveSource.open(this.#options.fileSystem, archivePath);
    await this.#call({ archive, signal, mayRunTools: true }, async (context) => {
      const plan = await this.#plan(context, { mode: 'install', signal });
      if (plan.kind === 'tool' && plan.output === 'destination') {
        await this.#toFolder(context, plan, { ...options, destination });
        return;
      }
      const entries = await this.#list(context, signal);
      const items = this.#content(context, { plan, entries, signal });
      await writeItems(items, { destination, signal, onProgress: options.onProgress });
    });
  }

  async *stream(
    archivePath: string,
    { signal, entries }: StreamOptions,
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
      const plan = await this.#plan(context, { mode: 'stream', signal });
      yield* this.#content(context, { plan, entries, signal });
    } finally {
      done.resolve();
      await call.catch(() => {});
    }
  }

  async #call<T>(
    { archive, signal, mayRunTools }: { archive: ArchiveSource; signal: AbortSignal; mayRunTools: boolean },
    work: (context: CallContext) => Promise<T>,
  ): Promise<T> {
    return await this.#options.runner().use(
      async (running) => {
        const scope = running.openScope({ archive, signal, mayRunTools });
        try {
          return await work({ running, scope, archive });
        } finally {
          await running.closeScope(scope);
        }
      },
      { signal },
    );
  }

  async #ask(
    { running, scope, archive }: CallContext,
    method: string,
    { signal, ...more }: { signal: AbortSignal; mode?: string },
  ): Promise<unknown> {
    const { contribution } = this.#options;
    const params: UnpackerParams = { callId: scope.id, unpackerId: contribution.id, archive: archive.facts };
    return await running.ask(method, { ...params, ...more }, { signal });
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
    { mode, signal }: { mode: 'install' | 'stream'; signal: AbortSignal },
  ): Promise<CheckedPlan> {
    const { limits, clock } = this.#options;
    const error = () => this.#late(`made no plan for ${context.archive.facts.name} within ${limits.planMs} ms`);
    using limit = new ActivityLimit({ clock, limitMs: limits.planMs, error });
    context.scope.activity = limit;
    const answer = await this.#ask(context, toExtension.plan, { mode, signal: anySignal(signal, limit.signal) });
    return this.#parse(planSchema, answer, 'a plan');
  }

  async #toFolder(
    { archive }: CallContext,
    plan: ToolPlan,
    { destination, signal, totalBytes, onProgress }: UnpackOptions & { destination: string },
  ): Promise<void> {
    const { limits, clock } = this.#options;
    await unpackToFolder(
      {
        pipeline: await this.#ready(plan, archive),
        destination,
        rules: plan,
        printsPercent: plan.progress === 'percent',
      },
      { signal, stallMs: limits.unpackMs, clock, totalBytes, onProgress },
    );
  }

  /** Entries and their bytes, for plans whose content the host takes. */
  async *#content(
    context: CallContext,
    { plan, entries, signal }: { plan: CheckedPlan; entries: readonly ArchiveEntry[]; signal: AbortSignal },
  ): AsyncGenerator<EntryStreamItem, void, undefined> {
    if (plan.kind === 'sink') {
      yield* this.#fromSink(context, { entries, signal });
      return;
    }
    if (plan.output === 'destination') throw this.#misbehaved('planned to write into a folder where there is none');
    const pipeline = await this.#ready(plan, context.archive);
    const cwd = process.cwd();
    await using output = openToolOutput(pipeline, { cwd, stallMs: this.#options.limits.unpackMs, signal });
    const split = plan.output === 'tar-stdout' ? splitTar : splitByEntries;
    try {
      yield* split(passing(output.chunks), entries);
    } catch (error) {
      // What the tool says about its end explains an end that came too early.
      if (isTooShort(error)) throwOfWorst(await output.finish(), plan);
      throw error;
    }
    throwOfWorst(await output.finish(), plan);
  }

  async *#fromSink(
    { running, scope }: CallContext,
    { entries, signal }: { entries: readonly ArchiveEntry[]; signal: AbortSignal },
  ): AsyncGenerator<EntryStreamItem, void, undefined> {
    const { limits, clock } = this.#options;
    const error = () => this.#late(`gave nothing for ${limits.unpackMs} ms`);
    using limit = new ActivityLimit({ clock, limitMs: limits.unpackMs, error });
    scope.activity = limit;
    const channel = new SinkChannel(entries);
    scope.sink = channel;
    const stop = new AbortController();
    const writing = running
      .ask(toExtension.writeToSink, { callId: scope.id }, { signal: anySignal(signal, limit.signal, stop.signal) })
      .then(() => channel.finish())
      .catch((reason: unknown) => channel.close(reason));
    // Only while the extension is waited for does its time run.
    let held = limit.hold();
    try {
      yield* channel.items((isWaiting) => {
        held[Symbol.dispose]();
        if (!isWaiting) held = limit.hold();
      });
    } finally {
      held[Symbol.dispose]();
      scope.sink = undefined;
      channel.close(new LanspreadError('CANCELLED'));
      stop.abort(new LanspreadError('CANCELLED'));
      await writing;
    }
  }

  async #ready(plan: ToolPlan, archive: ArchiveSource): Promise<ReadyTool[]> {
    const { toolBox } = this.#options.runner();
    const references = { archive: archive.path, destination: '.' };
    const ready: ReadyTool[] = [];
    for (const { tool, args } of plan.input ? [plan.input, plan] : [plan])
      ready.push({ path: await toolBox.path(tool), args: resolveArguments(args, references) });
    return ready;
  }

  #parse<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
    try {
      return parseWith(schema, value, { what, code: 'EXTENSION_MISBEHAVED' });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message.replace(/\.$/, '') : 'not as expected';
      throw blame('EXTENSION_MISBEHAVED', this.#options.runner().extension, {
        what: `answered with what is no answer: ${reason}`,
        cause,
      });
    }
  }

  #late(what: string): LanspreadError {
    return blame('EXTENSION_TIMEOUT', this.#options.runner().extension, { what });
  }

  #misbehaved(what: string): LanspreadError {
    return blame('EXTENSION_MISBEHAVED', this.#options.runner().extension, { what });
  }
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
  planInstall({ archives: [archive], loose: [], freeBytes: Number.POSITIVE_INFINITY });
}
