/** The picture of the room: this PC in the middle, the others on rings around it. Pure. */

export interface MapPoint {
  readonly x: number;
  readonly y: number;
}

interface RoomMap {
  readonly width: number;
  readonly height: number;
  readonly centre: MapPoint;
  /** In the order of the peers. */
  readonly nodes: readonly MapPoint[];
  readonly nodeRadius: number;
  /** There is room for every name; otherwise only for those with most traffic. */
  readonly showsNames: boolean;
}

/** Names stand around the nodes, in pixels. */
const margin = { x: 40, y: 36 };
/** By how much of a step each ring is turned: no node stands on the line of another. */
const turns = [0.5, 0.25, 0.6, 0.1];
const few = 26;
/** How many names are shown in a crowd. */
const namesInCrowd = 10;

/** As parts of half the width and half the height; the innermost leaves room for the middle. */
const ringsFor: readonly { readonly upTo: number; readonly radii: readonly number[]; readonly nodeRadius: number }[] = [
  { upTo: 10, radii: [0.86], nodeRadius: 24 },
  { upTo: 14, radii: [0.9], nodeRadius: 20 },
  { upTo: few, radii: [0.56, 0.96], nodeRadius: 16 },
  { upTo: 64, radii: [0.48, 0.74, 1], nodeRadius: 12 },
  { upTo: Number.POSITIVE_INFINITY, radii: [0.44, 0.62, 0.81, 1], nodeRadius: 8 },
];

interface RoomSheet {
  /** In pixels. */
  readonly width: number;
  readonly height: number;
  /** How much larger than usual everything is drawn; 1 if left out. */
  readonly scale?: number;
}

/**
 * A few need no more than a strip, so that the table below stays in sight. They stand at the sides, in degrees from the
 * right: above and below the middle is no room.
 */
const anglesOfFew: readonly (readonly number[])[] = [[], [0], [180, 0], [180, -38, 38], [-142, 142, -38, 38]];
const fewRadius = 0.86;

/** In pixels: as wide as its place, and as high as it needs and the window allows. */
export function sheetOf(count: number, place: { readonly width: number; readonly windowHeight: number }): RoomSheet {
  const width = Math.max(place.width, 320);
  const whole = Math.min(Math.max(width * 0.42, 330), Math.max(place.windowHeight * 0.52, 330));
  return { width, height: Math.round(whole * (count < anglesOfFew.length ? 0.6 : 1)) };
}

export function roomMap(count: number, { width, height, scale = 1 }: RoomSheet): RoomMap {
  const { radii, nodeRadius: plainRadius } = ringsFor.find(({ upTo }) => count <= upTo) ??
    ringsFor[0] ?? { radii: [], nodeRadius: 0 };
  // Two stand beside each other, not one of them in the middle.
  const centre = { x: count === 1 ? width * 0.32 : width / 2, y: height / 2 };
  const nodeRadius = plainRadius * scale;
  const nodes: MapPoint[] = [];
  const place = (angle: number, radius: number): number =>
    nodes.push({
      x: round(centre.x + Math.cos(angle) * radius * (width / 2 - margin.x * scale)),
      y: round(centre.y + Math.sin(angle) * radius * (height / 2 - margin.y * scale)),
    });
  const angles = anglesOfFew[count];
  if (angles) {
    for (const degrees of angles) place((degrees / 180) * Math.PI, fewRadius);
    return { width, height, centre, nodes, nodeRadius, showsNames: true };
  }
  for (const [ring, onRing] of share(count, radii).entries()) {
    const radius = radii[ring] ?? 1;
    for (let index = 0; index < onRing; index += 1) {
      // Rings are turned against each other, so that lines do not run through the names of inner nodes.
      const angle = ((index + (turns[ring] ?? 0)) / onRing) * 2 * Math.PI - Math.PI / 2;
      place(angle, radius);
    }
  }
  return { width, height, centre, nodes, nodeRadius, showsNames: count <= few };
}

/** Where not all names have room: the places of those with most traffic. */
export function namedInCrowd(speeds: readonly number[]): ReadonlySet<number> {
  const busy = [...speeds.entries()].filter(([, speed]) => speed > 0).toSorted(([, a], [, b]) => b - a);
  return new Set(busy.slice(0, namesInCrowd).map(([index]) => index));
}

/** How many stand on each ring: in proportion to its length. */
function share(count: number, radii: readonly number[]): number[] {
  const whole = radii.reduce((sum, radius) => sum + radius, 0);
  let left = count;
  let lengthLeft = whole;
  return radii.map((radius) => {
    const here = Math.round((left * radius) / lengthLeft);
    left -= here;
    lengthLeft -= radius;
    return here;
  });
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** A line between the edges of two circles, moved sideways so that both directions fit beside each other. */
export function lineBetween(
  from: MapPoint & { readonly radius: number },
  to: MapPoint & { readonly radius: number },
  sideways: number,
): string {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const [ux, uy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const at = (point: MapPoint, along: number): string =>
    `${round(point.x + ux * along - uy * sideways)} ${round(point.y + uy * along + ux * sideways)}`;
  return `M${at(from, from.radius)}L${at(to, -to.radius)}`;
}

const megabyte = 1_000_000;
const levelsFrom = [1, megabyte, 10 * megabyte, 40 * megabyte, 90 * megabyte];

/** 0: nothing flows; 1 to 5: ever more. Few steps, so that the picture is calm while speeds change. */
export function flowLevel(bytesPerSecond: number): number {
  return levelsFrom.filter((from) => bytesPerSecond >= from).length;
}

/** The beginning of a long name. */
export function shortName(name: string, most = 14): string {
  const letters = Array.from(name);
  return letters.length <= most
    ? name
    : `${letters
        .slice(0, most - 1)
        .join('')
        .trimEnd()}…`;
}
