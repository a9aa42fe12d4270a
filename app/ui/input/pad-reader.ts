/** From the state of pads to what a person wants: directions with repeat and a dead zone, buttons once a press. Pure. */

export type Direction = 'up' | 'down' | 'left' | 'right';
/** `act`: the game's own button. `pageUp`, `pageDown`: a screenful. */
export type PadAction = Direction | 'select' | 'back' | 'act' | 'search' | 'menu' | 'pageUp' | 'pageDown';

/** Of one pad, in the layout that browsers call "standard". */
export interface PadState {
  readonly buttons: readonly boolean[];
  /** Left stick across and down, right stick across and down; -1 to 1. */
  readonly axes: readonly number[];
}

const actionOfButton: Readonly<Record<number, PadAction>> = {
  0: 'select',
  1: 'back',
  2: 'act',
  3: 'search',
  4: 'pageUp',
  5: 'pageDown',
  9: 'menu',
};
const directionOfButton: Readonly<Record<number, Direction>> = { 12: 'up', 13: 'down', 14: 'left', 15: 'right' };

/** A stick counts once it is pushed so far, and until it is let go again; a worn one does not flutter between. */
const pushedFrom = 0.6;
const releasedBelow = 0.4;
const scrollDeadZone = 0.25;
/** A direction that is held repeats: after this, then every so often. */
const repeatAfterMs = 420;
const repeatEveryMs = 110;

export class PadReader {
  #heldButtons: ReadonlySet<PadAction> = new Set();
  #direction: Direction | undefined;
  #nextRepeatAtMs = 0;

  /** What was asked for since the last call. */
  read(pads: readonly PadState[], nowMs: number): readonly PadAction[] {
    const actions: PadAction[] = [];
    const direction = this.#directionOf(pads);
    if (direction !== this.#direction) {
      this.#direction = direction;
      this.#nextRepeatAtMs = nowMs + repeatAfterMs;
      if (direction) actions.push(direction);
    } else if (direction && nowMs >= this.#nextRepeatAtMs) {
      this.#nextRepeatAtMs = nowMs + repeatEveryMs;
      actions.push(direction);
    }
    const held = heldButtons(pads);
    for (const action of held) if (!this.#heldButtons.has(action)) actions.push(action);
    this.#heldButtons = held;
    return actions;
  }

  /** The pad is somebody else's now, a game's: what is held when it comes back is not a press. */
  ignore(pads: readonly PadState[]): void {
    this.#heldButtons = heldButtons(pads);
    this.#direction = this.#directionOf(pads);
    this.#nextRepeatAtMs = Number.POSITIVE_INFINITY;
  }

  #directionOf(pads: readonly PadState[]): Direction | undefined {
    for (const { buttons, axes } of pads) {
      for (const [button, direction] of Object.entries(directionOfButton))
        if (buttons[Number(button)]) return direction;
      const [x = 0, y = 0] = axes;
      const pushed = stickDirection(x, y);
      const least = pushed !== undefined && pushed === this.#direction ? releasedBelow : pushedFrom;
      if (pushed && Math.max(Math.abs(x), Math.abs(y)) >= least) return pushed;
    }
    return undefined;
  }
}

/** -1 to 1: how fast the right stick scrolls. */
export function scrollOf(pads: readonly PadState[]): number {
  for (const { axes } of pads) {
    const y = axes[3] ?? 0;
    if (Math.abs(y) > scrollDeadZone) return (y - Math.sign(y) * scrollDeadZone) / (1 - scrollDeadZone);
  }
  return 0;
}

function stickDirection(x: number, y: number): Direction | undefined {
  if (x === 0 && y === 0) return undefined;
  if (Math.abs(x) > Math.abs(y)) return x < 0 ? 'left' : 'right';
  return y < 0 ? 'up' : 'down';
}

function heldButtons(pads: readonly PadState[]): ReadonlySet<PadAction> {
  const held = new Set<PadAction>();
  for (const { buttons } of pads)
    for (const [button, action] of Object.entries(actionOfButton)) if (buttons[Number(button)]) held.add(action);
  return held;
}
