/** The flags that make a browser look like an app. */

interface WindowFacts {
  readonly url: string;
  /** A browser profile for Lanspread, separate from the user's own. */
  readonly profileDirectory: string;
  readonly kiosk: boolean;
}

const quiet = [
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-session-crashed-bubble',
  '--hide-crash-restore-bubble',
  '--disable-features=Translate,MediaRouter',
];

/** In kiosk mode the browser shows no dialogs, and gestures can neither zoom nor leave the page. */
const locked = [
  '--kiosk',
  '--noerrdialogs',
  '--disable-pinch',
  '--overscroll-history-navigation=0',
  '--disable-dev-tools',
  '--disable-extensions',
  '--disable-print-preview',
];

export function windowFlags({ url, profileDirectory, kiosk }: WindowFacts): string[] {
  return [`--app=${url}`, `--user-data-dir=${profileDirectory}`, ...quiet, ...(kiosk ? locked : [])];
}
