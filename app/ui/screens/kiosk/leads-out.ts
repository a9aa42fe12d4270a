/** Which keys lead out of a locked window. Pure. Unknown keys count as leading out. */

/** With Ctrl or Cmd: editing a text field, and the way in for the operator. */
const staysWithControl = new Set(['a', 'c', 'v', 'x', 'y', 'z', 'k']);
/** With Ctrl or Cmd, too: the modifiers themselves, and moving in a text field. */
const staysAlways = new Set([
  'Control',
  'Meta',
  'Alt',
  'AltGraph',
  'Shift',
  'ArrowLeft',
  'ArrowRight',
  'ArrowUp',
  'ArrowDown',
  'Home',
  'End',
  'Backspace',
  'Delete',
  'Enter',
]);
/** Help, search, reload, address bar, caret browsing, menu, full screen, tools of developers; keys of their own on some keyboards. */
const leadsOutAlone = /^(?:F\d{1,2}|Browser\w+|Launch\w+|ContextMenu|Help|Find|Open|Print|Save)$/;

interface PressedKey {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly shiftKey: boolean;
}

/** Pure: whether this key leads out of the launcher. */
export function leadsOut({ key, ctrlKey, metaKey, altKey, shiftKey }: PressedKey): boolean {
  if (leadsOutAlone.test(key)) return true;
  // The browser's own list of its tasks.
  if (key === 'Escape') return shiftKey || ctrlKey || metaKey || altKey;
  // AltGr on Windows: @ and € are typed with it, and nothing leads out.
  if (ctrlKey && altKey && !metaKey) return /^[a-z]$/i.test(key) && shiftKey;
  // Back and forth in history, the start page, and the browser's menus by their letters.
  if (altKey) return ['ArrowLeft', 'ArrowRight', 'Home'].includes(key) || /^[a-z ]$/i.test(key);
  if (!ctrlKey && !metaKey) return false;
  // Clears the browser's data; goes back and forth in its history on a Mac.
  if ((key === 'Delete' && shiftKey) || (metaKey && /^Arrow(?:Left|Right)$/.test(key))) return true;
  return !staysAlways.has(key) && (shiftKey || !staysWithControl.has(key.toLowerCase()));
}
