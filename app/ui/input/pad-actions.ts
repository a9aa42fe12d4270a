/** What a pad's press does to the page: it sends the key that a keyboard would send. If nothing handles that key, it moves the focus. */
import { releaseFocus } from './keep-focus.ts';
import { nearestInDirection, type Box } from './nearest.ts';
import type { Direction, PadAction } from './pad-reader.ts';

const keyOf: Readonly<Partial<Record<PadAction, string>>> = {
  up: 'ArrowUp',
  down: 'ArrowDown',
  left: 'ArrowLeft',
  right: 'ArrowRight',
  select: 'Enter',
  back: 'Escape',
  pageUp: 'PageUp',
  pageDown: 'PageDown',
};
const focusable =
  'a[href]:not(.skip), button:not(:disabled), input:not(:disabled), select:not(:disabled), textarea:not(:disabled), summary, [tabindex="0"]';

export function perform(action: PadAction): void {
  const before = document.activeElement;
  const wasEmpty = before instanceof HTMLInputElement && before.value === '';
  const key = keyOf[action];
  const isTaken = key !== undefined && !send(key);
  switch (action) {
    case 'up':
    case 'down':
    case 'left':
    case 'right':
      if (!isTaken) moveFocus(action);
      // The handler may be at its end, like the grid in its first row.
      else
        afterTwoFrames(() => {
          if (document.activeElement === before) moveFocus(action);
        });
      break;
    case 'select':
      if (!isTaken && before instanceof HTMLElement && !isText(before)) before.click();
      break;
    case 'back':
      // An empty search has nothing to clear, so the focus moves down to the results.
      if (isTaken && wasEmpty) send('ArrowDown');
      if (!isTaken) goBack();
      break;
    case 'act':
      (actionButton(before) ?? actionButton(document.querySelector('[data-page="game"]')))?.click();
      break;
    case 'search':
      document.querySelector<HTMLElement>('input[type="search"]')?.focus();
      break;
    case 'menu':
      document
        .querySelector<HTMLElement>('nav [aria-current="page"], nav a, nav button, aside button')
        ?.focus({ preventScroll: true });
      break;
    case 'pageUp':
    case 'pageDown':
      if (!isTaken) scrollBy((action === 'pageDown' ? 0.85 : -0.85) * (scrollerOf(before)?.clientHeight ?? 0));
      break;
  }
}

/** Scrolls the nearest scroller around the focus, in pixels. */
export function scrollBy(pixels: number): void {
  const scroller = scrollerOf(document.activeElement);
  if (scroller) scroller.scrollTop += pixels;
}

/** Returns false when the key was handled. */
function send(key: string): boolean {
  const event = new KeyboardEvent('keydown', { key, bubbles: true, cancelable: true });
  return (document.activeElement ?? document.body).dispatchEvent(event);
}

function moveFocus(direction: Direction): void {
  const active = document.activeElement;
  if (active instanceof HTMLSelectElement && (direction === 'left' || direction === 'right'))
    return turnSelect(active, direction === 'left' ? -1 : 1);
  const dialog = Array.from(document.querySelectorAll('dialog[open]')).at(-1);
  const isInside = active instanceof HTMLElement && active !== document.body && (dialog ?? document).contains(active);
  const main = document.querySelector('main');
  const first = main?.querySelector<HTMLElement>('#games .open[tabindex="0"], .action-button:not(:disabled)');
  // Without a focus, begin at a game and not at the sort box or the filters.
  const begins = !isInside || active === main || active.matches('[data-page]');
  if (begins && !dialog && first) return focusOn(first);
  const root = dialog ?? (isInside ? document.body : (main ?? document.body));
  const controls = Array.from(root.querySelectorAll<HTMLElement>(focusable)).filter(
    (element) => element !== active && isShown(element) && isInSight(element, active),
  );
  const from = isInside ? boxOf(active) : undefined;
  const index = from ? nearestInDirection(from, controls.map(boxOf), direction) : 0;
  const next = index === undefined ? undefined : controls[index];
  if (next) focusOn(next);
  // Nothing more to press that way, but maybe to read.
  else if (direction === 'down' || direction === 'up') scrollBy(direction === 'down' ? 120 : -120);
}

function focusOn(element: HTMLElement): void {
  element.focus({ preventScroll: true });
  element.scrollIntoView({ block: 'nearest', inline: 'nearest' });
}

function turnSelect(select: HTMLSelectElement, by: 1 | -1): void {
  const index = Math.min(Math.max(select.selectedIndex + by, 0), select.options.length - 1);
  if (index === select.selectedIndex) return;
  select.selectedIndex = index;
  select.dispatchEvent(new Event('change', { bubbles: true }));
}

function goBack(): void {
  const dialog = Array.from(document.querySelectorAll('dialog[open]')).at(-1);
  if (dialog) dialog.dispatchEvent(new Event('cancel', { cancelable: true }));
  else if (document.activeElement instanceof HTMLElement && isText(document.activeElement)) releaseFocus();
}

function actionButton(near: Element | null): HTMLElement | null | undefined {
  return (near?.closest('[data-game]') ?? near)?.querySelector<HTMLElement>('.action-button:not(:disabled)');
}

function isText(element: HTMLElement): boolean {
  return element instanceof HTMLInputElement && ['text', 'search', 'password'].includes(element.type);
}

function isShown(element: HTMLElement): boolean {
  return element.checkVisibility({ visibilityProperty: true }) && element.getClientRects().length > 0;
}

/** Elements that are scrolled out of sight are reached only from inside their scroller. */
function isInSight(element: HTMLElement, active: Element | null): boolean {
  const scroller = element.parentElement && nearestScroller(element.parentElement);
  if (!scroller || (active && scroller.contains(active))) return true;
  const [inner, outer] = [element.getBoundingClientRect(), scroller.getBoundingClientRect()];
  return inner.bottom > outer.top && inner.top < outer.bottom;
}

function boxOf(element: HTMLElement): Box {
  // A card stands for the button that opens it.
  return (
    element.classList.contains('open') ? (element.closest('[data-game]') ?? element) : element
  ).getBoundingClientRect();
}

function scrollerOf(element: Element | null): Element | undefined {
  return (element && nearestScroller(element)) ?? Array.from(document.querySelectorAll('#content *')).find(doesScroll);
}

function nearestScroller(element: Element): Element | undefined {
  for (let at: Element | null = element; at; at = at.parentElement) if (doesScroll(at)) return at;
  return undefined;
}

function doesScroll(element: Element): boolean {
  return element.scrollHeight > element.clientHeight + 1 && /auto|scroll/.test(getComputedStyle(element).overflowY);
}

function afterTwoFrames(work: () => void): void {
  requestAnimationFrame(() => requestAnimationFrame(work));
}
