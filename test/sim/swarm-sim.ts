/**
 * A room in which everybody fetches one game from one seed, in simulated time. What decides is the program's own code:
 * scheduler, choice of pieces, swarm view, upload governor. Equal options give equal results on every machine.
 */
import { limits } from '../../app/core/protocol/index.ts';
import { layoutOfSizes } from '../support/manifests.ts';
import { SeededRandom } from '../support/random.ts';
import { SimClock } from './sim-clock.ts';
import { lookPeriodMs } from '../../app/core/blocks/serve/have-news.ts';
import { SimNode, type SimNetwork } from './sim-node.ts';

export interface SimOptions {
  readonly receivers: number;
  readonly sizeBytes: number;
  /** What the seed may send. */
  readonly seedBytesPerSecond: number;
  /** What each receiver's network takes, each way. Default: 1 Gbit/s. */
  readonly linkBytesPerSecond?: number;
  readonly latencyMs?: number;
  readonly verifyMs?: number;
  readonly randomSeed?: number;
  /** Whether those who fetch give on what they have. Default: true. */
  readonly isSwarm?: boolean;
  /** Peers that a node serves at a time. Default: as the program. */
  readonly places?: number | undefined;
  /** Others that a node knows, the seed among them. Default: as the program. */
  readonly sessions?: number;
}

export interface SimResult {
  readonly receivers: number;
  readonly firstMs: number;
  readonly medianMs: number;
  readonly lastMs: number;
  /** The time that the seed needs to send the game once. */
  readonly onceMs: number;
  /** How many times the seed sent the whole game. */
  readonly seedCopies: number;
}

const gigabitBytesPerSecond = 117 * 1024 * 1024;
/** Everybody is told to fetch within this time, in milliseconds. */
const startSpreadMs = 300;
/** From the start of a download until another knows of it and has heard what it has, at least and at most. */
const meetMs = { least: 60, most: 360 };
/** From the last block until others know that somebody has everything, in milliseconds. */
const readyMs = 400;
const limitMs = 24 * 3_600_000;

export function simulate({
  receivers,
  sizeBytes,
  seedBytesPerSecond,
  linkBytesPerSecond = gigabitBytesPerSecond,
  latencyMs = 0.3,
  verifyMs = 6,
  randomSeed = 1,
  isSwarm = true,
  places,
  sessions = limits.sessions,
}: SimOptions): SimResult {
  const clock = new SimClock();
  const nodes = new Map<string, SimNode>();
  const nodeOf = (peerId: string): SimNode => {
    const node = nodes.get(peerId);
    if (!node) throw new Error(`nobody is called ${peerId}`);
    return node;
  };
  const layout = layoutOfSizes([sizeBytes]);
  const network: SimNetwork = {
    clock,
    layout,
    latencyMs,
    downBytesPerSecond: linkBytesPerSecond,
    verifyMs,
    places,
    nodeOf,
  };
  const random = new SeededRandom(randomSeed);
  const between = (least: number, most: number): number => least + ((most - least) * random.word()) / 2 ** 32;
  const join = (peerId: string, upBytesPerSecond: number, isSeed: boolean): SimNode => {
    const node = new SimNode(network, {
      peerId,
      isSeed,
      upBytesPerSecond,
      random: new SeededRandom(randomSeed, nodes.size + 1),
    });
    nodes.set(peerId, node);
    return node;
  };
  const seed = join('seed', Math.min(seedBytesPerSecond, linkBytesPerSecond), true);
  const others = Array.from({ length: receivers }, (_, index) => join(`receiver-${index}`, linkBytesPerSecond, false));
  let done = 0;
  for (const node of others) {
    const startMs = between(0, startSpreadMs);
    node.scheduler.putPeer(seed.peerId, 'all');
    clock.timeout(() => node.start(), startMs);
    node.onDone = () => {
      done += 1;
      if (isSwarm) tellReady(node);
    };
    if (isSwarm) clock.timeout(() => tellNews(node), startMs + between(0, lookPeriodMs));
  }
  const friends = isSwarm ? makeFriends(others, { sessions, random }) : new Map<SimNode, SimNode[]>();
  for (const [node, known] of friends)
    for (const other of known)
      clock.timeout(
        () => {
          if (other.doneAtMs === undefined && node.doneAtMs === undefined) other.meet(node);
        },
        startSpreadMs / 2 + between(meetMs.least, meetMs.most),
      );

  function tellNews(node: SimNode): void {
    if (node.doneAtMs !== undefined) return;
    const news = node.news();
    if (news)
      clock.timeout(() => {
        for (const other of friends.get(node) ?? []) other.hear(node.peerId, news);
      }, latencyMs);
    clock.timeout(() => tellNews(node), lookPeriodMs);
  }

  function tellReady(node: SimNode): void {
    clock.timeout(() => {
      for (const other of friends.get(node) ?? []) other.scheduler.removePeer(node.peerId);
    }, latencyMs);
    clock.timeout(() => {
      for (const other of friends.get(node) ?? []) {
        if (other.doneAtMs !== undefined) continue;
        other.scheduler.putPeer(node.peerId, 'all');
        other.pump([node.peerId]);
      }
    }, readyMs);
  }

  if (!clock.run({ isOver: () => done === receivers, limitMs })) throw new Error('the simulated room came to a halt');
  const times = others.map(({ doneAtMs = Number.NaN }) => doneAtMs).toSorted((a, b) => a - b);
  const at = (part: number): number => times[Math.round((times.length - 1) * part)] ?? Number.NaN;
  return {
    receivers,
    firstMs: at(0),
    medianMs: at(0.5),
    lastMs: at(1),
    onceMs: (sizeBytes / seedBytesPerSecond) * 1000,
    seedCopies: seed.sentBytes / sizeBytes,
  };
}

/** Who knows whom: all, or, where a node has no sessions for all, as many as it has, by chance. */
function makeFriends(
  nodes: readonly SimNode[],
  { sessions, random }: { sessions: number; random: SeededRandom },
): Map<SimNode, SimNode[]> {
  const friends = new Map(nodes.map((node) => [node, [] as SimNode[]]));
  const pairs = nodes.flatMap((one, at) => nodes.slice(at + 1).map((other) => [one, other] as const));
  for (let last = pairs.length - 1; last > 0; last -= 1) {
    const at = random.below(last + 1);
    const [a, b] = [pairs[at], pairs[last]];
    if (a && b) [pairs[at], pairs[last]] = [b, a];
  }
  for (const [one, other] of pairs) {
    const [ones, others] = [friends.get(one) ?? [], friends.get(other) ?? []];
    if (ones.length >= sessions - 1 || others.length >= sessions - 1) continue;
    ones.push(other);
    others.push(one);
  }
  return friends;
}
