/** The requests and notifications that an extension may send, with their schemas. Anything else is refused. */
import { z } from 'zod';
import { LanspreadError, parseWith, type SignalOptions } from '../../base/index.ts';
import { toolCommandSchema } from '../plans/index.ts';
import { maxEntryPathLength, maxPieceBytes, maxStorageBytes, notices, toHost } from '../wire/index.ts';
import type { CallScope } from './call-scope.ts';
import type { Fetcher } from './fetcher.ts';

/** The storage of one extension, kept from one start to the next. */
export interface ExtensionKeyValue {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
  delete(key: string): Promise<void>;
  keys(): Promise<readonly string[]>;
}

interface RequestServices {
  /** Undefined: the call is over. */
  readonly scope: (callId: number) => CallScope | undefined;
  readonly storage: ExtensionKeyValue;
  readonly fetcher: Fetcher;
  readonly onLog: (level: LogLevel, message: string, facts: Record<string, unknown>) => void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

type Handler = (params: unknown, signal: AbortSignal) => Promise<object> | object;

const callId = z.int().min(0);
const offset = z.int().min(0).max(Number.MAX_SAFE_INTEGER);
const piece = z.instanceof(Uint8Array).refine(({ length }) => length <= maxPieceBytes);
const key = z.string().min(1).max(256);

const readArchive = z.object({ callId, offset, length: z.int().min(0).max(maxPieceBytes), volume: z.int().min(0) });
const startTool = toolCommandSchema.extend({ callId, input: toolCommandSchema.optional() });
const readTool = z.object({ callId, runId: z.int() });
const finishTool = z.object({ callId, runId: z.int(), end: z.enum(['ended', 'stop', 'count']) });
const beginEntry = z.object({ callId, path: z.string().max(maxEntryPathLength), kind: z.enum(['file', 'directory']) });
const writeEntry = z.object({ callId, bytes: piece });
const endEntry = z.object({ callId });
const fetchParams = z.union([
  z.object({ fetchId: z.int() }),
  z.object({
    url: z.string().max(4_096),
    method: z.enum(['GET', 'HEAD', 'POST']).optional(),
    headers: z.record(z.string().max(200), z.string().max(8_192)).optional(),
    bytes: piece.optional(),
  }),
]);
const storageParams = z.discriminatedUnion('action', [
  z.object({ action: z.literal('get'), key }),
  z.object({ action: z.literal('set'), key, value: z.unknown() }),
  z.object({ action: z.literal('delete'), key }),
  z.object({ action: z.literal('keys') }),
]);
const logParams = z.object({
  level: z.enum(['debug', 'info', 'warn', 'error']),
  message: z.string().max(4_000),
  facts: z.record(z.string().max(100), z.unknown()).default({}),
});
const progressParams = z.object({ callId, done: z.number(), total: z.number().optional() });

export function requestHandlers(services: RequestServices): Map<string, Handler> {
  const scopeOf = (id: number): CallScope => {
    const scope = services.scope(id);
    if (!scope) throw new LanspreadError('CANCELLED', { message: 'The call is over.' });
    return scope;
  };
  const toolsOf = (id: number) => {
    const { tools } = scopeOf(id);
    if (!tools) throw refuse('No tool runs for this call.');
    return tools;
  };
  const sinkOf = (id: number) => {
    const { sink } = scopeOf(id);
    if (!sink) throw refuse('This call has no sink.');
    return sink;
  };
  const handlers = new Map<string, Handler>();
  const on = <T>(
    method: string,
    schema: z.ZodType<T>,
    handle: (params: T, options: Required<SignalOptions>) => Promise<object> | object,
  ): void => {
    handlers.set(method, (params, signal) =>
      handle(parseWith(schema, params, { what: method, code: 'EXTENSION_MISBEHAVED' }), { signal }),
    );
  };
  on(toHost.readArchive, readArchive, async ({ callId: id, ...range }) => {
    const scope = scopeOf(id);
    if (!scope.archive) throw refuse('This call is about no archive.');
    using _working = scope.hold();
    return { bytes: await scope.archive.read(range) };
  });
  on(toHost.startTool, startTool, async ({ callId: id, input, ...command }) => {
    using _working = scopeOf(id).hold();
    return { runId: await toolsOf(id).start(command, input) };
  });
  on(toHost.readTool, readTool, async ({ callId: id, runId }) => {
    using _working = scopeOf(id).hold();
    const bytes = await toolsOf(id).read(runId);
    return bytes ? { bytes } : {};
  });
  on(toHost.finishTool, finishTool, async ({ callId: id, runId, end }) => {
    using _working = scopeOf(id).hold();
    return await toolsOf(id).finish(runId, end);
  });
  on(toHost.beginEntry, beginEntry, async ({ callId: id, path, kind }) => {
    await sinkOf(id).begin(path, kind);
    return {};
  });
  on(toHost.writeEntry, writeEntry, async ({ callId: id, bytes }) => {
    await sinkOf(id).write(bytes);
    return {};
  });
  on(toHost.endEntry, endEntry, ({ callId: id }) => {
    sinkOf(id).end();
    return {};
  });
  on(toHost.fetch, fetchParams, async (params, options) => {
    if ('fetchId' in params) {
      const bytes = services.fetcher.take(params.fetchId);
      return bytes ? { bytes } : {};
    }
    const { bytes, ...request } = params;
    return await services.fetcher.fetch({ ...request, body: bytes }, options);
  });
  on(toHost.storage, storageParams, async (params) => {
    switch (params.action) {
      case 'get':
        return { value: await services.storage.get(params.key) };
      case 'keys':
        return { keys: await services.storage.keys() };
      case 'delete':
        await services.storage.delete(params.key);
        return {};
      case 'set':
        if ((JSON.stringify(params.value)?.length ?? 0) > maxStorageBytes) throw refuse('More than 1 MiB to keep.');
        await services.storage.set(params.key, params.value);
        return {};
    }
  });
  return handlers;
}

/** Handles notifications: log lines and progress. A malformed one is a violation. */
export function noticeHandlers(services: RequestServices): Map<string, (params: unknown) => void> {
  return new Map([
    [
      notices.log,
      (params) => {
        const { level, message, facts } = parseWith(logParams, params, {
          what: 'log line',
          code: 'EXTENSION_MISBEHAVED',
        });
        services.onLog(level, message, facts);
      },
    ],
    [
      notices.progress,
      (params) => {
        const { callId: id } = parseWith(progressParams, params, { what: 'progress', code: 'EXTENSION_MISBEHAVED' });
        services.scope(id)?.activity?.touch();
      },
    ],
  ]);
}

function refuse(message: string): LanspreadError {
  return new LanspreadError('EXTENSION_MISBEHAVED', { message });
}
