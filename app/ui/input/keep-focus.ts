/**
 * Keeps the focus where a person was when a patch from the core takes the focused control away, disables it, or moves
 * its card elsewhere. One watcher for the whole window; the places that controls live in say what to take instead.
 */
import type { Attachment } from 'svelte/attachments';

/** Finds what to focus in the place of what was lost, which may be out of the document by now. */
type Fallback = (lost: HTMLElement, place: HTMLElement) => HTMLElement | null | undefined;

const fallbacks = new WeakMap<Element, Fallback>();
/** What has or had the focus, and what it stood in then, innermost first. */
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

/** The focus is given up on purpose: nothing takes it. */
export function releaseFocus(): void {
  held = undefined;
  if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
}

/** A grid is drawn after a few frames. */
const framesToWait = 10;

/** Gives the focus to what opens this game, unless a person has put it elsewhere meanwhile. */
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
  // A press beside every control takes the focus away as everywhere.
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
  // It only went elsewhere in the document, which takes the focus from it.
  if (isUsable) return element.focus({ preventScroll: true });
  for (const place of places) {
    if (!place.isConnected) continue;
    const target = fallbacks.get(place)?.(element, place);
    if (!target?.isConnected || target.matches(':disabled')) continue;
    target.focus({ preventScroll: true });
    if (document.activeElement === target) return;
  }
}
