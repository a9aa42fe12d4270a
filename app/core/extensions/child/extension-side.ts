import type { Entry, Extension, Plan, Selection, Sink, UnpackCall, Unpacker } from '../../../extension-api/index.ts';
import {
  callOver,
  entriesPerMessage,
  maxPieceBytes,
  toExtension,
  toHost,
  type ActivateParams,
  type CallParams,
  type UnpackerParams,
} from '../wire/index.ts';
import { HostCall } from './call.ts';
import { makeContext, Registry, type Registries } from './context.ts';
import type { HostLink } from './host-link.ts';

/** Entries are sent by number and by this many characters of paths, so that a message stays well below its limit. */
const pathCharactersPerMessage = 500_000;

interface PlanParams extends UnpackerParams {
  readonly mode: 'install' | 'stream';
  readonly selection?: Selection;
}

/** Answers what the host asks, by calling the extension. */
export class ExtensionSide {
  readonly #link: HostLink;
  readonly #entries = new Map<number, readonly Entry[]>();
  readonly #sinkPlans = new Map<number, Extract<Plan, { kind: 'sink' }>>();
  #registries: Registries | undefined;
  #deactivate: () => Promise<void> = async () => {};

  constructor(link: HostLink) {
    this.#link = link;
  }

  answer(): void {
    const link = this.#link;
    link.onAsked<ActivateParams>(toExtension.activate, (params) => this.#activate(params));
    link.onAsked(toExtension.deactivate, () => this.#deactivate());
    link.onAsked(toExtension.ping, () => ({ residentBytes: process.memoryUsage.rss() }));
    link.onAsked<UnpackerParams>(toExtension.probe, async (params, signal) => ({
      score: await this.#unpacker(params).probe(...this.#archiveCall(params, signal)),
    }));
    link.onAsked<UnpackerParams>(toExtension.list, async (params, signal) => {
      const entries = await this.#unpacker(params).list(...this.#archiveCall(params, signal));
      if (!Array.isArray(entries)) throw new TypeError('list did not resolve to an array of entries');
      this.#entries.set(params.callId, entries);
      return { total: entries.length, ...this.#someEntries(params.callId, 0) };
    });
    link.onAsked<CallParams & { from: number }>(toExtension.moreEntries, ({ callId, from }) =>
      this.#someEntries(callId, from),
    );
    link.onAsked<PlanParams>(toExtension.plan, async (params, signal) => {
      const [archive, call] = this.#archiveCall(params, signal);
      const plan = await this.#unpacker(params).plan(archive, params.mode, call, params.selection);
      if (plan.kind !== 'sink') return plan;
      this.#sinkPlans.set(params.callId, plan);
      return { kind: 'sink' };
    });
    link.onAsked<CallParams>(toExtension.writeToSink, async ({ callId }, signal) => {
      const plan = this.#sinkPlans.get(callId);
      this.#sinkPlans.delete(callId);
      await plan?.write(sinkTo(link, callId, signal), new HostCall(link, callId, signal));
    });
    link.onAsked<CallParams & { sourceId: string; cursor?: string; configuration: never }>(
      toExtension.catalogPage,
      async ({ callId, sourceId, cursor, configuration }, signal) => {
        const query = { configuration, ...(cursor !== undefined && { cursor }) };
        return await this.#active()
          .catalogSources.get(sourceId)
          .page(query, new HostCall(link, callId, signal));
      },
    );
    // The call is over; nothing of it is asked for again.
    link.onTold<CallParams>(callOver, ({ callId }) => {
      this.#entries.delete(callId);
      this.#sinkPlans.delete(callId);
    });
  }

  async #activate(params: ActivateParams): Promise<void> {
    const registries: Registries = {
      unpackers: new Registry('unpacker', params.unpackers),
      catalogSources: new Registry('catalog source', params.catalogSources),
    };
    const extension = await loadMain(params.mainUrl);
    const context = makeContext(this.#link, params, registries);
    this.#deactivate = async () => {
      await extension.deactivate?.();
      for (const subscription of context.subscriptions.splice(0).reverse()) subscription[Symbol.dispose]();
    };
    await extension.activate(context);
    this.#registries = registries;
  }

  #active(): Registries {
    if (!this.#registries) throw new Error('the extension is not active');
    return this.#registries;
  }

  #unpacker({ unpackerId }: UnpackerParams): Unpacker {
    return this.#active().unpackers.get(unpackerId);
  }

  #archiveCall(
    { callId, archive }: UnpackerParams,
    signal: AbortSignal,
  ): [ReturnType<HostCall['archive']>, UnpackCall] {
    const call = new HostCall(this.#link, callId, signal);
    return [call.archive(archive), call];
  }

  #someEntries(callId: number, from: number): { entries: readonly Entry[] } {
    const all = this.#entries.get(callId) ?? [];
    let characters = 0;
    let to = from;
    while (to < all.length && to - from < entriesPerMessage && characters < pathCharactersPerMessage) {
      characters += String(all[to]?.path).length;
      to += 1;
    }
    return { entries: all.slice(from, to) };
  }
}

async function loadMain(mainUrl: string): Promise<Extension> {
  const loaded: Partial<Extension> & { default?: Partial<Extension> } = await import(mainUrl);
  const extension = typeof loaded.activate === 'function' ? loaded : loaded.default;
  const { activate, deactivate } = extension ?? {};
  if (typeof activate !== 'function') throw new TypeError('the main module exports no function `activate`');
  return {
    activate: (context) => activate.call(extension, context),
    deactivate: () => deactivate?.call(extension),
  };
}

/** Smaller pieces are put together before they are sent. */
const worthSendingBytes = 256 * 1024;

/** Gives the content of an archive to the host; each step waits until the host has taken the one before. */
function sinkTo(link: HostLink, callId: number, signal: AbortSignal): Sink {
  const ask = (method: string, params: object): Promise<unknown> => link.ask(method, { callId, ...params }, signal);

  const send = async (bytes: Uint8Array): Promise<void> => {
    for (let from = 0; from < bytes.length; from += maxPieceBytes)
      await ask(toHost.writeEntry, { bytes: bytes.subarray(from, from + maxPieceBytes) });
  };

  return {
    async directory(path) {
      await ask(toHost.beginEntry, { path, kind: 'directory' });
      await ask(toHost.endEntry, {});
    },
    async file(path, content) {
      await ask(toHost.beginEntry, { path, kind: 'file' });
      let waiting: Uint8Array[] = [];
      let waitingBytes = 0;
      const flush = async (): Promise<void> => {
        if (waitingBytes === 0) return;
        const pieces = waiting;
        waiting = [];
        waitingBytes = 0;
        await send(pieces.length === 1 ? (pieces[0] ?? Buffer.alloc(0)) : Buffer.concat(pieces));
      };
      for await (const piece of content instanceof Uint8Array ? [content] : content) {
        // A copy where it has to wait: the author may use the memory again for the next piece.
        const isLarge = piece.length >= worthSendingBytes;
        if (isLarge) await flush();
        waiting.push(isLarge ? piece : Buffer.from(piece));
        waitingBytes += piece.length;
        if (waitingBytes >= worthSendingBytes) await flush();
      }
      await flush();
      await ask(toHost.endEntry, {});
    },
  };
}
