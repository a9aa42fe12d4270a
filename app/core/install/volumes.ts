/** Archives cut into several files: by convention of names only the first is opened, the rest is found by the tool. Pure. */

interface Convention {
  /** Matches any volume; the first group is what the set has in common. */
  readonly volume: RegExp;
  readonly isFirst: (name: string) => boolean;
}

const conventions: readonly Convention[] = [
  { volume: /^(.+)\.part\d+\.rar$/i, isFirst: (name) => /\.part0*1\.rar$/i.test(name) },
  { volume: /^(.+)\.(?:7z|zip|rar|tar|iso)\.\d{3,}$/i, isFirst: (name) => /\.0*1$/.test(name) },
  { volume: /^(.+)\.(?:rar|[r-z]\d\d)$/i, isFirst: (name) => /\.rar$/i.test(name) },
  { volume: /^(.+)\.(?:zip|z\d\d)$/i, isFirst: (name) => /\.zip$/i.test(name) },
];

/**
 * For every file that is a further volume: the first volume it belongs to. A set whose first volume is missing is left
 * out, so that its files are judged one by one.
 */
export function furtherVolumes(names: readonly string[]): Map<string, string> {
  const belongsTo = new Map<string, string>();
  for (const { volume, isFirst } of conventions) {
    const sets = Map.groupBy(
      names.filter((name) => volume.test(name) && !belongsTo.has(name)),
      (name) => volume.exec(name)?.[1]?.toLowerCase() ?? name,
    );
    for (const set of sets.values()) {
      const first = set.find(isFirst);
      if (first === undefined) continue;
      for (const name of set) if (name !== first) belongsTo.set(name, first);
    }
  }
  return belongsTo;
}
