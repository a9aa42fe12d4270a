/** Turns the state of pads into actions: directions with repeat and a dead zone, one action per button press. Pure. */

export type Direction = 'up' | 'down' | 'left' | 'right';
/** `act`: the game's own button. `pageUp`, `pageDown`: a screenful. */
export type PadAction = Direction | 'select' | 'back' | 'act' | 'search' | 'menu' | 'pageUp' | 'pageDown';

/** Of one pad, in the layout that browsers call "standard". */
export interface PadState {
  /** Its place among the pads; 0 if left out. */
  readonly index?: number;
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

/** A control counts after it was seen at rest. One that is pressed from the start is faulty, or belongs to no pad. */
const restsBelow = 0.25;
/** Nobody presses a button this often. It counts as broken until it has been quiet for a while. */
const mostPressesPerSecond = 10;
const quietAfterMs = 2_000;
/** A stick counts once it is pushed so far, and until it is let go again; a worn one does not flutter between. */
const pushedFrom = 0.6;
const releasedBelow = 0.4;
const scrollDeadZone = 0.25;
/** A direction that is held repeats: after this, then every so often. */
const repeatAfterMs = 420;
const repeatEveryMs = 110;

export class PadReader {
  readonly #pads = new Map<number, OnePad>();
  #heldButtons: ReadonlySet<PadAction> = new Set();
  #direction: Direction | undefined;
  #nextRepeatAtMs = 0;
  #scroll = 0;

  /** -1 to 1: how fast the right stick scrolls, as of the last `read`. */
  get scroll(): number {
    return this.#scroll;
  }

  /** The actions since the last call. */
  read(pads: readonly PadState[], nowMs: number): readonly PadAction[] {
    const actions: PadAction[] = [];
    const sound = this.#sound(pads, nowMs);
    this.#scroll = scrollOf(sound);
    const direction = this.#directionOf(sound);
    if (direction !== this.#direction) {
      this.#direction = direction;
      this.#nextRepeatAtMs = nowMs + repeatAfterMs;
      if (direction) actions.push(direction);
    } else if (direction && nowMs >= this.#nextRepeatAtMs) {
      this.#nextRepeatAtMs = nowMs + repeatEveryMs;
      actions.push(direction);
    }
    const held = heldButtons(sound);
    for (const action of held) if (!this.#heldButtons.has(action)) actions.push(action);
    this.#heldButtons = held;
    return actions;
  }

  /** A game has the pad now. Buttons that are held when it comes back are not presses. */
  ignore(pads: readonly PadState[], nowMs: number): void {
    const sound = this.#sound(pads, nowMs);
    this.#heldButtons = heldButtons(sound);
    this.#direction = this.#directionOf(sound);
    this.#nextRepeatAtMs = Number.POSITIVE_INFINITY;
    this.#scroll = 0;
  }

  #sound(pads: readonly PadState[], nowMs: number): PadState[] {
    const present = new Set(pads.map(({ index = 0 }) => index));
    for (const index of this.#pads.keys()) if (!present.has(index)) this.#pads.delete(index);
    return pads.map((pad) => {
      const { index = 0 } = pad;
      const one = this.#pads.get(index) ?? new OnePad();
      this.#pads.set(index, one);
      return one.sound(pad, nowMs);
    });
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

/** Which controls of one pad can be believed. */
class OnePad {
  readonly #restedAxes = new Set<number>();
  readonly #buttons = new Map<
    number,
    { wasPressed: boolean; hasRested: boolean; pressedAt: number[]; brokenUntil: number }
  >();

  /** The pad with everything at rest that cannot be believed. */
  sound({ index, buttons, axes }: PadState, nowMs: number): PadState {
    for (const [axis, value] of axes.entries()) if (Math.abs(value) < restsBelow) this.#restedAxes.add(axis);
    return {
      ...(index !== undefined && { index }),
      buttons: buttons.map((isPressed, button) => this.#isSound(button, isPressed, nowMs) && isPressed),
      axes: axes.map((value, axis) => (this.#restedAxes.has(axis) ? value : 0)),
    };
  }

  #isSound(button: number, isPressed: boolean, nowMs: number): boolean {
    const seen = this.#buttons.get(button) ?? { wasPressed: false, hasRested: false, pressedAt: [], brokenUntil: 0 };
    this.#buttons.set(button, seen);
    if (!isPressed) seen.hasRested = true;
    else if (!seen.wasPressed) {
      seen.pressedAt = [...seen.pressedAt.filter((at) => nowMs - at < 1_000), nowMs];
      if (seen.pressedAt.length > mostPressesPerSecond) seen.brokenUntil = nowMs + quietAfterMs;
    }
    seen.wasPressed = isPressed;
    return seen.hasRested && nowMs >= seen.brokenUntil;
  }
}

function scrollOf(pads: readonly PadState[]): number {
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
