/** The sentences that scenarios are told in. */
import * as assert from 'uvu/assert';
import { eventually, until } from './eventually.ts';
import { blockBytes } from './games.ts';
import type { HarnessEvent, Json, PeerProcess } from './peer.ts';
import type { Tree } from './trees.ts';

export const terminalsOfDownload = [
  'download-finished',
  'download-failed',
  'download-cancelled',
  'download-paused',
  'download-peers-gone',
] as const;

function terminalsOf(operation: string): readonly string[] {
  return operation === 'download' ? terminalsOfDownload : [`${operation}-finished`, `${operation}-failed`];
}

interface Wait {
  since?: number;
  limitMs?: number;
}

/** The event that ends an operation of a game, whatever it is. */
export function outcome(peer: PeerProcess, operation: string, gameId: string, wait: Wait = {}): Promise<HarnessEvent> {
  return peer.waitFor(terminalsOf(operation), (event) => event['gameId'] === gameId, { limitMs: 60_000, ...wait });
}

/** Waits for an operation's end and demands that it is this one. */
export async function endsWith(
  peer: PeerProcess,
  wanted: string,
  gameId: string,
  wait: Wait = {},
): Promise<HarnessEvent> {
  const operation = wanted.split('-')[0] ?? '';
  const event = await outcome(peer, operation, gameId, wait);
  assert.is(event.event, wanted, `${peer.name}: ${JSON.stringify(event)}`);
  return event;
}

/** Gives a command that starts an operation, and waits for the end it has to have. */
export async function does(
  peer: PeerProcess,
  command: string,
  params: Json & { gameId: string },
  wanted: string,
): Promise<HarnessEvent> {
  const since = peer.mark();
  await peer.command(command, params);
  return endsWith(peer, wanted, params.gameId, { since });
}

/** Downloads without installing, to the end. */
export function downloads(peer: PeerProcess, gameId: string): Promise<HarnessEvent> {
  return does(peer, 'download', { gameId, install: false }, 'download-finished');
}

/** Waits until the peer is offered the game in its wanted version by so many others. */
export async function isOffered(peer: PeerProcess, gameId: string, peerCount = 1, limitMs?: number): Promise<void> {
  await until(
    `${peer.name} is offered ${gameId} by ${peerCount}`,
    async () => (await peer.games()).some((game) => game.id === gameId && game.peerCount === peerCount),
    limitMs === undefined ? {} : { limitMs },
  );
}

/** Waits until the peer lists another peer, and returns what it knows of it. */
export function sees(
  peer: PeerProcess,
  other: PeerProcess,
  limitMs?: number,
): Promise<Awaited<ReturnType<PeerProcess['peers']>>[number]> {
  return eventually(
    `${peer.name} sees ${other.name}`,
    async () => (await peer.peers()).find(({ peerId }) => peerId === other.peerId),
    limitMs === undefined ? {} : { limitMs },
  );
}

/** The games a peer offers, as another one lists them: `id version availability`, sorted. */
export function offers({
  games,
}: {
  games: readonly { id: string; version: string; availability: string }[];
}): string[] {
  return games.map(({ id, version, availability }) => `${id} ${version} ${availability}`).sort();
}

export async function capUpload(peer: PeerProcess, bytesPerSecond: number): Promise<void> {
  await peer.command('settings.set', { name: 'uploadLimitBytesPerSecond', value: bytesPerSecond });
}

/** Waits until a share of the download has arrived, verified. */
export function hasArrived(
  peer: PeerProcess,
  gameId: string,
  { share, ...wait }: Wait & { share: number },
): Promise<HarnessEvent> {
  return peer.waitFor(
    'download-progress',
    (event) => event['gameId'] === gameId && Number(event['downloadedBytes']) >= share * Number(event['totalBytes']),
    wait,
  );
}

export interface Served {
  /** Blocks from each peer, by its id. */
  readonly byPeer: ReadonlyMap<string, number>;
  /** Every `file#block` that was verified, in order. */
  readonly blocks: readonly string[];
  /** Those that were verified more than once. */
  readonly twice: readonly string[];
}

/** Who gave which blocks of a game, from the `blocks-verified` events. */
export function servedIn(events: readonly HarnessEvent[], gameId: string): Served {
  const byPeer = new Map<string, number>();
  const seen = new Set<string>();
  const blocks: string[] = [];
  const twice: string[] = [];
  for (const event of events) {
    if (event.event !== 'blocks-verified' || event['gameId'] !== gameId) continue;
    const [first, count, peerId] = [Number(event['firstBlock']), Number(event['count']), String(event['peerId'])];
    if (!Number.isInteger(first) || !Number.isInteger(count) || count < 1)
      throw new Error(`a malformed event: ${JSON.stringify(event)}`);
    byPeer.set(peerId, (byPeer.get(peerId) ?? 0) + count);
    for (let block = first; block < first + count; block += 1) {
      const name = `${String(event['file'])}#${block}`;
      if (seen.has(name)) twice.push(name);
      seen.add(name);
      blocks.push(name);
    }
  }
  return { byPeer, blocks, twice };
}

/** How many blocks a payload has. */
export function blockCount(tree: Tree): number {
  return tree
    .filter(({ kind, path }) => kind === 'file' && path !== 'version.ini')
    .reduce((sum, { sizeBytes }) => sum + Math.ceil(sizeBytes / blockBytes), 0);
}

export function countOf(peer: PeerProcess, event: string, gameId: string): number {
  return peer.events.filter((one) => one.event === event && one['gameId'] === gameId).length;
}

/** Payload bytes that came in over the byte lanes since the start, wanted or not, from peers that are still here. */
export async function receivedBytes(peer: PeerProcess): Promise<number> {
  const { peers } = await peer.command('traffic');
  return (peers as readonly { bytesIn: number }[]).reduce((sum, { bytesIn }) => sum + bytesIn, 0);
}

/** Demands that what was fetched is the payload once, with `extra` as a share of it for what may come twice. */
export async function assertFetchedOnce(
  peer: PeerProcess,
  payloadBytes: number,
  { extra = 0.05 }: { extra?: number } = {},
): Promise<void> {
  const received = await receivedBytes(peer);
  const times = received / payloadBytes;
  assert.ok(times >= 0.999, `${peer.name} counts only ${received} bytes of ${payloadBytes}`);
  assert.ok(times <= 1 + extra, `${peer.name} fetched ${times.toFixed(2)} times the payload`);
}

/** Bytes of a payload. */
export function payloadBytes(tree: Tree): number {
  return tree
    .filter(({ kind, path }) => kind === 'file' && path !== 'version.ini')
    .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}
