/** Which of many boxes lies next in a direction. Pure. */
import type { Direction } from './pad-reader.ts';

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** Sideways distance weighs more, so that the focus stays in its row or column. */
const asideWeight = 4;

/** Its place among `boxes`; undefined when nothing lies that way. */
export function nearestInDirection(from: Box, boxes: readonly Box[], direction: Direction): number | undefined {
  let best: { index: number; distance: number } | undefined;
  for (const [index, box] of boxes.entries()) {
    const distance = distanceTo(from, box, direction);
    if (distance !== undefined && (!best || distance < best.distance)) best = { index, distance };
  }
  return best?.index;
}

function distanceTo(from: Box, to: Box, direction: Direction): number | undefined {
  const isAcross = direction === 'left' || direction === 'right';
  // Turned so that every direction looks like "right".
  const [fromNear, fromFar, toNear, toFar] = isAcross
    ? [from.left, from.right, to.left, to.right]
    : [from.top, from.bottom, to.top, to.bottom];
  const isForward = direction === 'right' || direction === 'down';
  const centreAhead = isForward
    ? (toNear + toFar) / 2 - (fromNear + fromFar) / 2
    : (fromNear + fromFar) / 2 - (toNear + toFar) / 2;
  const gap = isForward ? toNear - fromFar : fromNear - toFar;
  // It must lie ahead, and not merely stick out on that side.
  if (centreAhead <= 1 || gap < -Math.min(fromFar - fromNear, toFar - toNear) / 2) return undefined;
  const aside = isAcross
    ? apart(from.top, from.bottom, to.top, to.bottom)
    : apart(from.left, from.right, to.left, to.right);
  return Math.max(gap, 0) + asideWeight * aside + centreAhead * 0.05;
}

/** How far two spans are from overlapping; 0 when they do. */
function apart(startA: number, endA: number, startB: number, endB: number): number {
  return Math.max(0, startB - endA, startA - endB);
}
