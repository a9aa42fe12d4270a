/** Keeps the focus where a person was when a patch from the core takes the focused control away. */
import type { Attachment } from 'svelte/attachments';

/** Attach to a container: what was focused inside and went is replaced by the first match of `fallback`, else itself. */
export function keepFocus(fallback: string): Attachment<HTMLElement> {
  return (container) => {
    let focused: Element | undefined;
    const onFocusIn = (event: FocusEvent): void => {
      focused = event.target instanceof Element ? event.target : undefined;
    };
    const onFocusOut = (event: FocusEvent): void => {
      // Somewhere else was chosen; a control that is taken away has no successor.
      if (event.relatedTarget instanceof Element && !container.contains(event.relatedTarget)) focused = undefined;
    };
    const observer = new MutationObserver(() => {
      if (!focused || document.activeElement !== document.body || !container.isConnected) return;
      if (focused.isConnected && !(focused instanceof HTMLButtonElement && focused.disabled)) return;
      const target = container.querySelector<HTMLElement>(fallback) ?? container;
      target.focus({ preventScroll: true });
    });
    container.addEventListener('focusin', onFocusIn);
    container.addEventListener('focusout', onFocusOut);
    observer.observe(container, { childList: true, subtree: true, attributes: true, attributeFilter: ['disabled'] });
    return () => {
      observer.disconnect();
      container.removeEventListener('focusin', onFocusIn);
      container.removeEventListener('focusout', onFocusOut);
    };
  };
}
