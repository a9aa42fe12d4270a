/** Keeps how far a screen was scrolled while another one is shown. */
import type { Attachment } from 'svelte/attachments';

const positions = new Map<string, number>();
/** The grid gets its height after a few frames. */
const framesToWait = 10;

/** Attach to what scrolls. `key` names the screen. */
export function keepScroll(key: string): Attachment<HTMLElement> {
  return (scroller) => {
    const wanted = positions.get(key) ?? 0;
    let framesLeft = wanted > 0 ? framesToWait : 0;
    let frame = 0;
    const restore = (): void => {
      scroller.scrollTop = wanted;
      framesLeft -= 1;
      if (framesLeft > 0 && Math.abs(scroller.scrollTop - wanted) > 1) frame = requestAnimationFrame(restore);
      else framesLeft = 0;
    };
    if (framesLeft > 0) restore();
    const remember = (): void => {
      if (framesLeft === 0) positions.set(key, scroller.scrollTop);
    };
    scroller.addEventListener('scroll', remember, { passive: true });
    return () => {
      cancelAnimationFrame(frame);
      scroller.removeEventListener('scroll', remember);
    };
  };
}

/** Every screen begins at its top again. */
export function forgetScroll(): void {
  positions.clear();
}
