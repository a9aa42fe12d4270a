/** Whether the last input came from a pad: then its buttons are named on the screen. */
class PadUse {
  isLast = $state(false);
}

export const padUse = new PadUse();
