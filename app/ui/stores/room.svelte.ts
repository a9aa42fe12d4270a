/** The PCs in the room, and how fast data flows to and from each. */
import { SvelteMap } from 'svelte/reactivity';
import type { CommandResult, PeerView } from '../../core/rpc/contract.ts';
import { link } from './link.ts';

interface Flow {
  /** Since the session began. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly inPerSecond: number;
  readonly outPerSecond: number;
}

const sampleMs = 1_000;
const noFlow: Flow = { bytesIn: 0, bytesOut: 0, inPerSecond: 0, outPerSecond: 0 };
const peerEvents = new Set(['peer-connected', 'peer-lost', 'peer-count-changed', 'peer-playing', 'peer-unreachable']);

class Room {
  peers = $state.raw<readonly PeerView[]>([]);
  /** Heard, but not to be reached. */
  unreachable = $state.raw<CommandResult<'listPeers'>['unreachable']>([]);
  readonly #flows = new SvelteMap<string, Flow>();
  #sampledAt = 0;
  #stale = false;

  constructor() {
    link.onConnected(() => this.reload());
    link.onEvent(({ event }) => {
      if (peerEvents.has(event)) this.#reloadSoon();
    });
    setInterval(() => void this.#sample().catch(() => {}), sampleMs);
  }

  get inPerSecond(): number {
    return this.#sum('inPerSecond');
  }

  get outPerSecond(): number {
    return this.#sum('outPerSecond');
  }

  flowOf(peerId: string): Flow {
    return this.#flows.get(peerId) ?? noFlow;
  }

  nameOf(peerId: string): string {
    return this.peers.find((peer) => peer.peerId === peerId)?.name ?? peerId.slice(-6);
  }

  async reload(): Promise<void> {
    const { peers, unreachable } = await link.invoke('listPeers', {});
    this.peers = peers;
    this.unreachable = unreachable;
  }

  /** Many PCs appear together when a party starts. One request covers them all. */
  #reloadSoon(): void {
    if (this.#stale) return;
    this.#stale = true;
    setTimeout(() => {
      this.#stale = false;
      void this.reload().catch(() => {});
    }, 150);
  }

  async #sample(): Promise<void> {
    if (link.state !== 'connected' || document.hidden) return;
    const { peers } = await link.invoke('traffic', {});
    const now = performance.now();
    const seconds = Math.max((now - this.#sampledAt) / 1_000, 0.1);
    this.#sampledAt = now;
    const present = new Set(peers.map(({ peerId }) => peerId));
    for (const peerId of this.#flows.keys()) if (!present.has(peerId)) this.#flows.delete(peerId);
    for (const { peerId, bytesIn, bytesOut } of peers) {
      const before = this.#flows.get(peerId) ?? { ...noFlow, bytesIn, bytesOut };
      const inPerSecond = Math.max(0, bytesIn - before.bytesIn) / seconds;
      const outPerSecond = Math.max(0, bytesOut - before.bytesOut) / seconds;
      const same = before.bytesIn === bytesIn && before.bytesOut === bytesOut;
      if (same && before.inPerSecond === 0 && before.outPerSecond === 0 && this.#flows.has(peerId)) continue;
      this.#flows.set(peerId, { bytesIn, bytesOut, inPerSecond, outPerSecond });
    }
  }

  #sum(field: 'inPerSecond' | 'outPerSecond'): number {
    let sum = 0;
    for (const flow of this.#flows.values()) sum += flow[field];
    return sum;
  }
}

export const room = new Room();
