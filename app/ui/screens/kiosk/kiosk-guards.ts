/** Ways out of a locked window that a browser offers to everybody, closed. The NW.js shell closes the same ones earlier. */
import { leadsOut } from './leads-out.ts';

/** Closed until the returned function is called. */
export function guardKiosk(target: Window = window): () => void {
  const opened = new AbortController();
  const options = { capture: true, signal: opened.signal };
  const prevent = (event: Event): void => event.preventDefault();
  for (const name of ['contextmenu', 'dragstart', 'dragenter', 'dragover', 'drop'] as const)
    target.addEventListener(name, prevent, options);
  target.addEventListener(
    'keydown',
    (event) => {
      if (!leadsOut(event)) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    options,
  );
  // With Ctrl the wheel zooms; from some mice and every touchpad's pinch it comes so, too.
  const onWheel = (event: WheelEvent): void => {
    if (event.ctrlKey || event.metaKey) event.preventDefault();
  };
  target.addEventListener('wheel', onWheel, { ...options, passive: false });
  // A link in a new window or tab: with the middle button, or with Ctrl or Shift held.
  const onClick = (event: MouseEvent): void => {
    const isLink = event.target instanceof Element && event.target.closest('a') !== null;
    if (isLink && (event.button === 1 || event.ctrlKey || event.metaKey || event.shiftKey)) event.preventDefault();
  };
  target.addEventListener('click', onClick, options);
  target.addEventListener('auxclick', onClick, options);
  return () => opened.abort();
}
