/** System notifications while the window is in the background. None during a game. */
import { isPlayedHere } from '../game/playing.ts';
import { games } from '../stores/games.svelte.ts';
import { kiosk } from '../stores/kiosk.svelte.ts';

export function tellOutside(text: string): void {
  if (!mayTell() || document.hasFocus() || games.list.some(isPlayedHere)) return;
  const notice = new Notification(document.title, { body: text, tag: text });
  notice.onclick = () => {
    window.focus();
    notice.close();
  };
}

/** Asks for permission when a download starts, because that is when notifications are useful. */
export function askToTellOutside(): void {
  if ('Notification' in window && Notification.permission === 'default' && !kiosk.isLocked)
    void Notification.requestPermission().catch(() => {});
}

function mayTell(): boolean {
  return 'Notification' in window && Notification.permission === 'granted' && !kiosk.isLocked;
}
