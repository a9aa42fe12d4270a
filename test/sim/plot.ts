/** The plot of a simulated room's times, both axes logarithmic. */
export interface Row {
  readonly receivers: number;
  /** Times as multiples of size / cap. */
  readonly first: number;
  readonly median: number;
  readonly last: number;
  /** How many times the seed sent the game. */
  readonly seedCopies: number;
  /** The last receiver, if everybody fetched from the seed alone. */
  readonly alone: number;
}

interface Line {
  readonly name: string;
  readonly of: (row: Row) => number;
  readonly colour: string;
  readonly dash?: string;
}

const lines: readonly Line[] = [
  { name: 'last, no swarm', of: ({ alone }) => alone, colour: '#b91c1c', dash: '6 4' },
  { name: 'last', of: ({ last }) => last, colour: '#1d4ed8' },
  { name: 'median', of: ({ median }) => median, colour: '#0f766e' },
  { name: 'first', of: ({ first }) => first, colour: '#a16207' },
];
const width = 760;
const height = 420;
const frame = { left: 64, right: 24, top: 44, bottom: 56 };

export function plot(rows: readonly Row[], { sizeMib, capMib }: { sizeMib: number; capMib: number }): string {
  const most = Math.max(2, ...rows.flatMap((row) => lines.map(({ of }) => of(row))));
  const widest = Math.max(2, ...rows.map(({ receivers }) => receivers));
  const x = (receivers: number): number =>
    frame.left + (Math.log(receivers) / Math.log(widest)) * (width - frame.left - frame.right);
  const y = (times: number): number =>
    height - frame.bottom - (Math.log(times / 0.9) / Math.log(most / 0.9)) * (height - frame.top - frame.bottom);
  const parts: string[] = [];
  for (const times of [1, 1.4, 2, 5, 10, 20, 50, 100, 200, 500].filter((value) => value <= most * 1.05)) {
    parts.push(
      `<line x1="${frame.left}" x2="${width - frame.right}" y1="${at(y(times))}" y2="${at(y(times))}" stroke="#d4d4d8"/>`,
      `<text x="${frame.left - 8}" y="${at(y(times) + 4)}" text-anchor="end">${times}</text>`,
    );
  }
  for (const { receivers } of rows)
    parts.push(
      `<text x="${at(x(receivers))}" y="${height - frame.bottom + 18}" text-anchor="middle">${receivers}</text>`,
    );
  for (const [index, { name, of, colour, dash }] of lines.entries()) {
    const points = rows.map((row) => `${at(x(row.receivers))},${at(y(of(row)))}`).join(' ');
    const style = `stroke="${colour}" stroke-width="2"${dash ? ` stroke-dasharray="${dash}"` : ''}`;
    const top = frame.top + 14 + index * 18;
    parts.push(
      `<polyline points="${points}" fill="none" ${style}/>`,
      `<line x1="${frame.left + 14}" x2="${frame.left + 42}" y1="${top}" y2="${top}" ${style}/>`,
      `<text x="${frame.left + 50}" y="${top + 4}">${name}</text>`,
    );
  }
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" fill="#27272a">
<rect width="${width}" height="${height}" fill="#ffffff"/>
<text x="${frame.left}" y="24" font-size="14">Time to fetch ${sizeMib} MiB from one seed capped at ${capMib} MiB/s, as a multiple of size / cap (simulated)</text>
${parts.join('\n')}
<text x="${width / 2}" y="${height - 14}" text-anchor="middle">receivers</text>
</svg>
`;
}

const at = (value: number): string => value.toFixed(1);
