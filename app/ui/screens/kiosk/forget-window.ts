/** Clears what a player left in the window. */
import { releaseFocus } from '../../input/keep-focus.ts';
import { forgetScroll } from '../../input/keep-scroll.ts';
import { router } from '../../frame/router.svelte.ts';
import { toasts } from '../../frame/toasts.svelte.ts';

/** The one thing that stays: without it the window could not reach the core after a reload. */
const kept = 'lanspread-token';

export function forgetWindow(): void {
  router.go('library');
  for (const { id } of toasts.list) toasts.dismiss(id);
  for (const storage of [sessionStorage, localStorage])
    for (const key of Object.keys(storage)) if (key !== kept) storage.removeItem(key);
  forgetScroll();
  for (const element of document.querySelectorAll('*')) if (element.scrollTop > 0) element.scrollTop = 0;
  for (const dialog of document.querySelectorAll('dialog[open]:not([data-kiosk])'))
    dialog.dispatchEvent(new Event('cancel', { cancelable: true }));
  getSelection()?.removeAllRanges();
  releaseFocus();
}
