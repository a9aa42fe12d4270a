/**
 * Archives that are split into several files. By convention only the first file is opened, and the tool finds the
 * others by their names. Pure.
 */

/** The files of one archive, in their order. */
interface VolumeSet {
  /** Undefined: it is missing. */
  readonly first: string | undefined;
  /** The volumes that follow it without a gap. */
  readonly further: readonly string[];
  /** The name of the first missing volume, as far as names show it. */
  readonly missing: string | undefined;
  /** The names alone show that it is an archive. `g.001` may be anything. */
  readonly isNamedArchive: boolean;
}

interface Place {
  /** The common part of the names in a set. */
  readonly key: string;
  /** 0 is the first volume. */
  readonly index: number;
  readonly nameAt: (index: number) => string;
  readonly isNamedArchive: boolean;
  /**
   * Files with such names always belong to a set, so a set without its second volume is incomplete. A `g.rar` may stand
   * alone.
   */
  readonly isStrict: boolean;
}

const archiveEnding = /\.(?:eti|7z|zip|rar|tar|iso|t?gz|t?xz|t?bz2|t?zst)$/i;

/** `g.part1.rar`, `g.part2.rar`…; the first may be `g.part1.exe`, and all may be called `.eti`. */
function partOf(name: string): Place | undefined {
  const [, base, digits, ending] = /^(.+)\.part(\d+)\.(rar|eti|exe|sfx)$/i.exec(name) ?? [];
  if (base === undefined || digits === undefined || ending === undefined || Number(digits) === 0) return undefined;
  const usual = /^(?:exe|sfx)$/i.test(ending) ? 'rar' : ending;
  return {
    key: `${base}.part`,
    index: Number(digits) - 1,
    nameAt: (index) => `${base}.part${String(index + 1).padStart(digits.length, '0')}.${usual}`,
    isNamedArchive: true,
    isStrict: true,
  };
}

/** `g.7z.001`, `g.7z.002`…, `g.tar.001`, `g.001`. */
function numberOf(name: string): Place | undefined {
  const [, base, digits] = /^(.+)\.(\d{3,})$/.exec(name) ?? [];
  if (base === undefined || digits === undefined || Number(digits) === 0) return undefined;
  const isNamedArchive = archiveEnding.test(base);
  return {
    key: `${base}.number`,
    index: Number(digits) - 1,
    nameAt: (index) => `${base}.${String(index + 1).padStart(digits.length, '0')}`,
    isNamedArchive,
    isStrict: isNamedArchive,
  };
}

/** `g.rar`, `g.r00`, `g.r01`…, `g.s00`…; the first may be called `g.eti` or `g.exe`. */
function oldRarOf(name: string): Place | undefined {
  const [, base, letter, digits] = /^(.+)\.(?:rar|eti|exe|([r-y])(\d\d))$/i.exec(name) ?? [];
  if (base === undefined) return undefined;
  const place = { key: `${base}.r`, isNamedArchive: true, isStrict: false };
  const nameAt = (index: number): string => {
    if (index === 0) return `${base}.rar`;
    const past = index - 1;
    return `${base}.${String.fromCharCode('r'.charCodeAt(0) + Math.floor(past / 100))}${String(past % 100).padStart(2, '0')}`;
  };
  if (letter === undefined || digits === undefined) return { ...place, index: 0, nameAt };
  const index = 1 + (letter.toLowerCase().charCodeAt(0) - 'r'.charCodeAt(0)) * 100 + Number(digits);
  return { ...place, index, nameAt };
}

/** `g.zip`, `g.z01`, `g.z02`…; `g.zip` is the last volume, and the one that is opened. */
function zipOf(name: string): Place | undefined {
  const [, base, digits] = /^(.+)\.(?:zip|z(\d\d+))$/i.exec(name) ?? [];
  if (base === undefined) return undefined;
  return {
    key: `${base}.z`,
    index: Number(digits ?? 0),
    nameAt: (index) => (index === 0 ? `${base}.zip` : `${base}.z${String(index).padStart(2, '0')}`),
    isNamedArchive: true,
    isStrict: false,
  };
}

/**
 * The sets of more than one file, and the sets that lack the first or a further volume. A file is in at most one set.
 */
export function volumeSets(names: readonly string[]): VolumeSet[] {
  const taken = new Set<string>();
  const found: VolumeSet[] = [];
  for (const placeOf of [partOf, numberOf, oldRarOf, zipOf]) {
    const sets = new Map<string, Map<number, { name: string; place: Place }>>();
    for (const name of names) {
      const place = taken.has(name) ? undefined : placeOf(name);
      if (!place) continue;
      const key = place.key.toLowerCase();
      const members = sets.get(key) ?? new Map<number, { name: string; place: Place }>();
      // If both `g.eti` and `g.rar` exist, `g.r00` belongs to `g.rar`.
      if (!members.has(place.index) || /\.rar$/i.test(name)) members.set(place.index, { name, place });
      sets.set(key, members);
    }
    for (const members of sets.values()) {
      const set = setOf(members);
      if (!set) continue;
      for (const name of [set.first, ...set.further]) if (name !== undefined) taken.add(name);
      found.push(set);
    }
  }
  return found;
}

function setOf(members: ReadonlyMap<number, { name: string; place: Place }>): VolumeSet | undefined {
  const first = members.get(0);
  const further: string[] = [];
  for (let next = members.get(1); next; next = members.get(further.length + 1)) further.push(next.name);
  const [any] = members.values();
  if (!any) return undefined;
  const { nameAt, isNamedArchive, isStrict } = any.place;
  if (!first) {
    // A single file called `.z64` or `.s05` is no volume, and `save.002` may be anything.
    if (!isNamedArchive || (further.length === 0 && !isStrict)) return undefined;
    return { first: undefined, further, missing: nameAt(0), isNamedArchive };
  }
  const hasGap = members.size > further.length + 1 && (further.length > 0 || isStrict);
  if (further.length === 0 && !hasGap) return undefined;
  return { first: first.name, further, missing: hasGap ? nameAt(further.length + 1) : undefined, isNamedArchive };
}
