import type { GameId } from '../base/index.ts';

/** The order in which downloads wait. Pure: every function returns a new list. */
type Queue = readonly GameId[];

/** Moves one entry to a place that counts from 0 and is clamped to the ends. */
export function moveInQueue(queue: Queue, gameId: GameId, to: number): Queue {
  const others = queue.filter((id) => id !== gameId);
  if (others.length === queue.length) return queue;
  const place = Math.max(0, Math.min(others.length, Math.trunc(to)));
  return [...others.slice(0, place), gameId, ...others.slice(place)];
}

/** The first entries that may start now, up to the limit. */
export function startable(queue: Queue, { running, limit }: { running: number; limit: number }): Queue {
  return queue.slice(0, Math.max(0, limit - running));
}
