/** Where cards stand, how many rows are drawn, and where an arrow key leads. Pure. Lengths in CSS pixels. */

interface GridLayout {
  readonly columns: number;
  readonly cardWidth: number;
  /** Of a row with the gap below it. */
  readonly rowHeight: number;
  readonly rows: number;
}

interface GridMeasures {
  /** Of the place for cards. */
  readonly width: number;
  readonly count: number;
  readonly gap: number;
  readonly smallestCard: number;
  /** Below the cover. */
  readonly textHeight: number;
  /** Height of a cover to its width. */
  readonly coverRatio: number;
}

export function layoutGrid({ width, count, gap, smallestCard, textHeight, coverRatio }: GridMeasures): GridLayout {
  const columns = Math.max(1, Math.floor((width + gap) / (smallestCard + gap)));
  const cardWidth = Math.max(1, (width - gap * (columns - 1)) / columns);
  const rowHeight = Math.round(cardWidth * coverRatio) + textHeight + gap;
  return { columns, cardWidth, rowHeight, rows: Math.ceil(count / columns) };
}

/**
 * The cards to draw, first inclusive, last exclusive: those in sight and so many rows beyond each edge. Beyond, cards
 * come one by one as it is scrolled and not by whole rows: each frame has about the same work.
 */
export function drawnCards(
  { rowHeight, columns }: GridLayout,
  { scrollTop, height, beyond, count }: { scrollTop: number; height: number; beyond: number; count: number },
): { first: number; last: number } {
  const first = Math.max(0, Math.floor((scrollTop / rowHeight - beyond) * columns));
  const last = Math.min(count, Math.ceil(((scrollTop + height) / rowHeight + beyond) * columns));
  return { first: Math.min(first, last), last };
}

/** The index that a key leads to; undefined for keys that the grid does not handle. */
export function moveFocus(
  key: string,
  index: number,
  { count, columns, rowsInSight }: { count: number; columns: number; rowsInSight: number },
): number | undefined {
  const steps: Record<string, number> = {
    ArrowLeft: index - 1,
    ArrowRight: index + 1,
    ArrowUp: index - columns,
    ArrowDown: index + columns,
    PageUp: index - columns * rowsInSight,
    PageDown: index + columns * rowsInSight,
    Home: 0,
    End: count - 1,
  };
  const wanted = steps[key];
  if (wanted === undefined || count === 0) return undefined;
  // Up from the first row and sideways past an end stay; down from above a short last row goes to its end.
  if (wanted < 0) return key === 'PageUp' ? index % columns : index;
  if (wanted < count) return wanted;
  const isInLastRow = Math.floor(index / columns) === Math.floor((count - 1) / columns);
  return isInLastRow ? index : count - 1;
}
