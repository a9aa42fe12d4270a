/**
 * Keeps the focus where a person was when a patch from the core takes the focused control away, disables it, or moves
 * its card elsewhere. One watcher serves the whole window; each place says which element takes the focus instead.
 */
import type { Attachment } from 'svelte/attachments';

/** Finds the element to focus instead of the lost one, which may have left the document. */
type Fallback = (lost: HTMLElement, place: HTMLElement) => HTMLElement | null | undefined;

const fallbacks = new WeakMap<Element, Fallback>();
/** The element that has or had the focus, and its ancestors at that time, innermost first. */
let held: { element: HTMLElement; places: readonly HTMLElement[] } | undefined;

/**
 * Attach to a place: what was focused inside and went is replaced by the first match of a selector, or by what a
 * function finds. Where that is nothing, the next place further out is asked.
 */
export function keepFocus(fallback: string | Fallback): Attachment<HTMLElement> {
  const find: Fallback =
    typeof fallback === 'string' ? (_lost, place) => place.querySelector<HTMLElement>(fallback) : fallback;
  return (place) => {
    fallbacks.set(place, find);
    return () => fallbacks.delete(place);
  };
}

/** Drops the focus on purpose; nothing replaces it. */
export function releaseFocus(): void {
  held = undefined;
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

/** A grid is drawn after a few frames. */
const framesToWait = 10;

/** Focuses the control that opened this game, unless the person has moved the focus meanwhile. */
export function focusOpener(gameId: string, framesLeft = framesToWait): void {
  requestAnimationFrame(() => {
    const { activeElement } = document;
    if (activeElement && activeElement !== document.body && activeElement.tagName !== 'MAIN') return;
    const opener = document.querySelector<HTMLElement>(`main [data-opens="${CSS.escape(gameId)}"]`);
    if (opener) opener.focus({ preventScroll: true });
    else if (framesLeft > 0) focusOpener(gameId, framesLeft - 1);
  });
}

/** Begins to watch. Called once per window; returns how to stop. */
export function watchFocus(): () => void {
  const onFocusIn = ({ target }: FocusEvent): void => {
    if (!(target instanceof HTMLElement)) return;
    const places: HTMLElement[] = [];
    for (let at = target.parentElement; at; at = at.parentElement) places.push(at);
    held = { element: target, places: [target, ...places] };
  };
  // A click beside all controls drops the focus, as in every program.
  const onPointerDown = (): void => {
    held = undefined;
  };
  const observer = new MutationObserver(restore);
  document.addEventListener('focusin', onFocusIn);
  document.addEventListener('pointerdown', onPointerDown, { capture: true });
  observer.observe(document.body, {
    childList: true,
    subtree: true,
    attributes: true,
    attributeFilter: ['disabled'],
  });
  return () => {
    observer.disconnect();
    document.removeEventListener('focusin', onFocusIn);
    document.removeEventListener('pointerdown', onPointerDown, { capture: true });
  };
}

function restore(): void {
  if (!held) return;
  const { activeElement } = document;
  const { element, places } = held;
  const isUsable = element.isConnected && !element.matches(':disabled');
  if (activeElement !== document.body && activeElement !== null && (activeElement !== element || isUsable)) return;
  // It only moved in the document, which drops its focus.
  if (isUsable) return element.focus({ preventScroll: true });
  for (const place of places) {
    if (!place.isConnected) continue;
    const target = fallbacks.get(place)?.(element, place);
    if (!target?.isConnected || target.matches(':disabled')) continue;
    target.focus({ preventScroll: true });
    if (document.activeElement === target) return;
  }
}
