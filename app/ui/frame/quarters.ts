/** The quarter (25, 50, 75 or 100) that was reached since `last`; undefined when none was. Pure. */
export function quarterReached(percent: number, last = 0): number | undefined {
  const quarter = Math.floor(percent / 25) * 25;
  return quarter > last ? quarter : undefined;
}
