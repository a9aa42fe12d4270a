/** Which keys lead out of a locked window. Pure. */

/** Saving, printing, opening, the page's source, new windows, the tools of developers, loading anew. */
const blockedWithControl = new Set(['p', 's', 'u', 'o', 'n', 't', 'w', 'j', 'r', 'i', 'h', 'l', 'd']);
const blockedAlone = new Set(['F1', 'F3', 'F5', 'F6', 'F11', 'F12', 'BrowserBack', 'BrowserHome', 'BrowserSearch']);

export interface PressedKey {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
}

/** Pure: whether this key leads out of the launcher. */
export function leadsOut({ key, ctrlKey, metaKey, altKey }: PressedKey): boolean {
  if (blockedAlone.has(key)) return true;
  if (altKey && (key === 'ArrowLeft' || key === 'ArrowRight' || key === 'Home')) return true;
  return (ctrlKey || metaKey) && blockedWithControl.has(key.toLowerCase());
}
