/**
 * When a session opens, over which connections it runs and when it is lost. Pure. Two nodes that dial each other at once
 * get two connections and still one session: both carry it for a moment, then the node with the lower id closes the
 * older one. Only one side ever closes, so the two can never close one connection each.
 */
import type { LostReason } from '../types.ts';

/** Connections by libp2p's id, the one that joined last at the end; at least one. */
export type SessionState =
  | { readonly kind: 'absent' }
  | { readonly kind: 'open'; readonly instance: string; readonly links: readonly string[] };

export type SessionEvent =
  /** A Hello was exchanged over a connection. `instance` tells one run of the peer's program from the next. */
  | { readonly kind: 'greeted'; readonly link: string; readonly instance: string }
  | { readonly kind: 'link-closed'; readonly link: string }
  /** Two connections have been there for a while. */
  | { readonly kind: 'tidy'; readonly isOwnIdLower: boolean }
  | { readonly kind: 'ended'; readonly reason: LostReason };

export interface SessionDecision {
  readonly state: SessionState;
  /** Connections to close. */
  readonly closes: readonly string[];
  /** The session that was there is over. */
  readonly lost?: LostReason;
  /** A session begins. */
  readonly opened?: boolean;
}

/** Both sides may dial each of a few addresses at once; a peer that opens more only takes up room. */
const mostLinks = 8;

const absent: SessionState = { kind: 'absent' };

export function decide(state: SessionState, event: SessionEvent): SessionDecision {
  if (event.kind === 'greeted') return greeted(state, event);
  if (state.kind === 'absent') return { state, closes: [] };
  const { links } = state;
  if (event.kind === 'ended') return { state: absent, closes: links, lost: event.reason };
  if (event.kind === 'tidy') {
    const newest = links.slice(-1);
    return event.isOwnIdLower
      ? { state: { ...state, links: newest }, closes: links.slice(0, -1) }
      : { state, closes: [] };
  }
  const left = links.filter((link) => link !== event.link);
  if (left.length === 0) return { state: absent, closes: [], lost: 'closed' };
  return { state: { ...state, links: left }, closes: [] };
}

function greeted(state: SessionState, { link, instance }: { link: string; instance: string }): SessionDecision {
  if (state.kind === 'absent') return { state: { kind: 'open', instance, links: [link] }, closes: [], opened: true };
  // A peer that was started anew has forgotten every stream of before: that session is over.
  if (state.instance !== instance) {
    const closes = state.links.filter((old) => old !== link);
    return { state: { kind: 'open', instance, links: [link] }, closes, lost: 'closed', opened: true };
  }
  if (state.links.includes(link)) return { state, closes: [] };
  const links = [...state.links, link];
  return { state: { ...state, links: links.slice(-mostLinks) }, closes: links.slice(0, -mostLinks) };
}
