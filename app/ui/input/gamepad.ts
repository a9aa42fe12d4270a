/**
 * A pad as a keyboard: its presses become key events on whatever has the focus, so there is one way through the
 * launcher. Looked at only while a pad is connected and the window has the focus: a game's pad is the game's.
 */
import { mount, unmount } from 'svelte';
import { padUse } from './pad.svelte.ts';
import { perform, scrollBy } from './pad-actions.ts';
import PadHints from './PadHints.svelte';
import { PadReader, type PadState } from './pad-reader.ts';

const scrollPixelsPerFrame = 26;

/** Returns how to stop. */
export function startGamepad(): () => void {
  const stopped = new AbortController();
  const { signal } = stopped;
  const reader = new PadReader();
  const hints = mount(PadHints, { target: document.body });
  let frame: number | undefined;

  const look = (nowMs: number): void => {
    const pads = connectedPads();
    if (pads.length === 0) {
      frame = undefined;
      padUse.isLast = false;
      return;
    }
    frame = requestAnimationFrame(look);
    if (!document.hasFocus()) {
      reader.ignore(pads, nowMs);
      return;
    }
    const actions = reader.read(pads, nowMs);
    const { scroll } = reader;
    if (actions.length > 0 || scroll !== 0) padUse.isLast = true;
    if (scroll !== 0) scrollBy(scroll * scrollPixelsPerFrame);
    for (const action of actions) perform(action);
  };
  const begin = (): void => {
    if (frame !== undefined) return;
    reader.ignore(connectedPads(), performance.now());
    frame = requestAnimationFrame(look);
  };
  const other = ({ isTrusted }: Event): void => {
    if (isTrusted) padUse.isLast = false;
  };

  addEventListener('gamepadconnected', begin, { signal });
  for (const name of ['keydown', 'pointerdown'] as const) addEventListener(name, other, { signal, capture: true });
  if (connectedPads().length > 0) begin();
  return () => {
    stopped.abort();
    if (frame !== undefined) cancelAnimationFrame(frame);
    void unmount(hints);
  };
}

/** Only pads whose buttons are known: keyboards, wheels and adapters that call themselves pads have another mapping. */
function connectedPads(): PadState[] {
  return navigator
    .getGamepads()
    .filter((pad) => pad !== null)
    .filter((pad) => pad.connected && pad.mapping === 'standard')
    .map(({ index, buttons, axes }) => ({ index, buttons: buttons.map(({ pressed }) => pressed), axes }));
}
