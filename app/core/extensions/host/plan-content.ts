/** Carries out plans whose content comes to the host: entries and their bytes, whatever the plan is. */
import { anySignal, LanspreadError, type Clock } from '../../base/index.ts';
import type { ArchiveEntry, EntryStreamItem } from '../../content/index.ts';
import {
  isTooShort,
  openToolOutput,
  resolveArguments,
  SinkChannel,
  splitByEntries,
  splitTar,
  throwOfWorst,
  type CheckedPlan,
  type ReadyTool,
  type ToolBox,
  type ToolPlan,
} from '../plans/index.ts';
import { toExtension } from '../wire/index.ts';
import { ActivityLimit } from './activity-limit.ts';
import { blame, type Named } from './blame.ts';
import type { CallScope } from './call-scope.ts';
import type { RunningExtension } from './runner.ts';

export interface ContentContext {
  readonly extension: Named;
  readonly running: RunningExtension;
  readonly scope: CallScope;
  readonly toolBox: ToolBox;
  /** Where tools find the archive. */
  readonly archivePath: () => Promise<string>;
  /** Without a byte, in milliseconds. */
  readonly stallMs: number;
  readonly clock: Clock;
}

interface ContentOptions {
  readonly entries: readonly ArchiveEntry[];
  readonly signal: AbortSignal;
}

/** Every tool of a plan, checked. Errors: those of `ToolBox.path`. */
export async function readyTools(
  plan: ToolPlan,
  { toolBox, archivePath, scope }: Pick<ContentContext, 'toolBox' | 'archivePath' | 'scope'>,
): Promise<ReadyTool[]> {
  const references = { archive: await archivePath(), destination: '.' };
  const ready: ReadyTool[] = [];
  for (const { tool, args } of plan.input ? [plan.input, plan] : [plan])
    ready.push({
      path: await toolBox.path(tool),
      args: await resolveArguments(args, references, () => scope.emptyFolder()),
    });
  return ready;
}

export async function* contentOf(
  plan: CheckedPlan,
  context: ContentContext,
  options: ContentOptions,
): AsyncGenerator<EntryStreamItem, void, undefined> {
  if (plan.kind === 'sink') yield* fromSink(context, options);
  else yield* fromTool(plan, context, options);
}

async function* fromTool(
  plan: ToolPlan,
  context: ContentContext,
  { entries, signal }: ContentOptions,
): AsyncGenerator<EntryStreamItem, void, undefined> {
  if (plan.output === 'destination') {
    const what = 'planned to write into a folder where there is none';
    throw blame('EXTENSION_MISBEHAVED', context.extension, { what });
  }
  const pipeline = await readyTools(plan, context);
  const cwd = await context.scope.emptyFolder();
  await using output = await openToolOutput(pipeline, { cwd, stallMs: context.stallMs, signal });
  const split = plan.output === 'tar-stdout' ? splitTar : splitByEntries;
  try {
    yield* split(output.chunks, entries);
  } catch (error) {
    // The tool's own error explains an end that came too early.
    if (isTooShort(error)) throwOfWorst(await output.finish(), plan);
    throw error;
  }
  throwOfWorst(await output.finish(), plan);
}

async function* fromSink(
  { running, scope, clock, stallMs, extension }: ContentContext,
  { entries, signal }: ContentOptions,
): AsyncGenerator<EntryStreamItem, void, undefined> {
  const error = () => blame('EXTENSION_TIMEOUT', extension, { what: `gave nothing for ${stallMs} ms` });
  using limit = new ActivityLimit({ clock, limitMs: stallMs, error });
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
