/**
 * One press is one act. The second click of a double click counts only where the first one did, on a button that still
 * means the same; a key that is held down presses a button once. Watched for the whole window, so that no button, and
 * none to come, can change its meaning under a second press.
 */

const pressable = 'button, a, summary, dialog, [data-opens]';

interface Press {
  readonly target: Element | null;
  readonly meaning: string;
  /** It asks the core for something: once is enough. */
  readonly isCommand: boolean;
  readonly atMs: number;
  readonly x: number;
  readonly y: number;
}

/** The browser restarts its count when another element is under the mouse. Then time and position decide. */
const seriesMs = 350;
const seriesPixels = 6;

/** Returns how to stop. */
export function watchPresses(): () => void {
  const stopped = new AbortController();
  const options = { capture: true, signal: stopped.signal };
  let first: Press | undefined;
  const onClick = (event: MouseEvent): void => {
    const press = pressOf(event);
    if (!isOfSeries(event, first)) first = press;
    else if (press.isCommand || press.target !== first?.target || press.meaning !== first.meaning) refuse(event);
  };
  const onKeydown = (event: KeyboardEvent): void => {
    const isPress = event.key === 'Enter' || event.key === ' ';
    if (event.repeat && isPress && event.target instanceof Element && event.target.closest('button, summary, a'))
      refuse(event);
  };
  addEventListener('click', onClick, options);
  addEventListener('keydown', onKeydown, options);
  return () => stopped.abort();
}

function isOfSeries({ detail, timeStamp, clientX, clientY }: MouseEvent, first: Press | undefined): boolean {
  // Keys and pads give 0.
  if (detail !== 1 || !first) return detail > 1;
  const isSoon = timeStamp - first.atMs < seriesMs;
  return isSoon && Math.hypot(clientX - first.x, clientY - first.y) < seriesPixels;
}

function pressOf({ target, timeStamp, clientX, clientY }: MouseEvent): Press {
  const pressed = target instanceof Element ? target.closest<HTMLElement>(pressable) : null;
  // Numbers that run in a label are not its meaning.
  const said = pressed?.dataset['meaning'] ?? pressed?.ariaLabel ?? pressed?.textContent ?? '';
  return {
    target: pressed,
    meaning: said.replaceAll(/[\d.,]+/g, ''),
    isCommand: pressed?.dataset['meaning'] !== undefined,
    atMs: timeStamp,
    x: clientX,
    y: clientY,
  };
}

function refuse(event: Event): void {
  event.preventDefault();
  event.stopImmediatePropagation();
}
