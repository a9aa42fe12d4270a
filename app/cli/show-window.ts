import { BrowserWindow, findBrowser, hasDisplay } from '../shell/browser/index.ts';

interface WindowOptions {
  open: boolean;
  profileDirectory: string;
  /** The user closed the window. */
  onClosed: () => void;
}

/** Opens a window, or prints the one line with the address where there is none to open. */
export function showWindow(url: string, { open, profileDirectory, onClosed }: WindowOptions): void {
  const browser = open && hasDisplay() ? findBrowser() : undefined;
  const print = (): void => void process.stdout.write(`${url}\n`);
  if (!browser) return print();
  const window = new BrowserWindow({ browser, profileDirectory, onClosed, onUnavailable: print });
  window.show({ url, kiosk: false });
  process.once('exit', () => window.close());
}
