import type { Entry, Extension, Plan, Selection, UnpackCall, Unpacker } from '../../../extension-api/index.ts';
import {
  callOver,
  entriesPerMessage,
  toExtension,
  type ActivateParams,
  type CallParams,
  type UnpackerParams,
} from '../wire/index.ts';
import { HostCall } from './call.ts';
import { makeContext, Registry, type Registries } from './context.ts';
import type { HostLink } from './host-link.ts';
import { sinkTo } from './sink.ts';

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
