/** Which names have room on the picture of the room, and on which side of their nodes. Pure. Lengths in pixels. */
import type { MapPoint } from './room-map.ts';

export interface Label {
  /** The node's middle. */
  readonly at: MapPoint;
  /** -1: above it, 1: below it, where it stands best. */
  readonly outward: -1 | 1;
  readonly width: number;
  readonly height: number;
  /** Larger ones choose first. */
  readonly rank: number;
}

interface LabelSheet {
  readonly centre: MapPoint;
  readonly centreRadius: number;
  readonly nodeRadius: number;
  /** Every node's middle, named or not. */
  readonly nodes: readonly MapPoint[];
}

interface Box {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** The side of each label that has room, by its index; the others are left out. */
export function placeLabels(labels: readonly Label[], sheet: LabelSheet): ReadonlyMap<number, -1 | 1> {
  const taken: Box[] = [
    around(sheet.centre, sheet.centreRadius),
    ...sheet.nodes.map((node) => around(node, sheet.nodeRadius)),
  ];
  const placed = new Map<number, -1 | 1>();
  const inTurn = [...labels.entries()].toSorted(([, a], [, b]) => b.rank - a.rank);
  for (const [index, label] of inTurn) {
    const side = ([label.outward, label.outward === 1 ? -1 : 1] as const).find(
      (wanted) => !taken.some((box) => overlap(box, boxOf(label, { side: wanted, sheet }))),
    );
    if (side === undefined) continue;
    placed.set(index, side);
    taken.push(boxOf(label, { side, sheet }));
  }
  return placed;
}

function boxOf({ at, width, height }: Label, { side, sheet }: { side: -1 | 1; sheet: LabelSheet }): Box {
  const near = at.y + side * (sheet.nodeRadius + 1);
  const far = near + side * height;
  return { left: at.x - width / 2, right: at.x + width / 2, top: Math.min(near, far), bottom: Math.max(near, far) };
}

function around({ x, y }: MapPoint, radius: number): Box {
  return { left: x - radius, right: x + radius, top: y - radius, bottom: y + radius };
}

function overlap(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}
