/** SVG paths of a series, newest at the right. The top is the highest value, with a little air. Pure. */
export function sparkline(
  values: readonly number[],
  { width, height, points }: { width: number; height: number; points: number },
): { line: string; area: string } {
  const top = Math.max(...values, 1) * 1.1;
  const step = width / Math.max(Math.min(points, values.length) - 1, 1);
  const spots = values.slice(-points).map((value, index) => {
    const y = height - (Math.max(value, 0) / top) * height;
    return `${(index * step).toFixed(1)} ${y.toFixed(1)}`;
  });
  if (spots.length === 0) return { line: '', area: '' };
  const only = spots.length === 1 ? `L${width} ${spots[0]?.split(' ')[1]}` : '';
  const line = `M${spots.join('L')}${only}`;
  return { line, area: `${line}L${width} ${height}L0 ${height}Z` };
}
