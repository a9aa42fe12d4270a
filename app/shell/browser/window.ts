/** The launcher's window in an installed browser. */
import { spawn, type ChildProcess } from 'node:child_process';
import { rmSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { isSameOrigin } from '../same-origin.ts';
import { windowFlags } from './flags.ts';
import { writeOpeningPage } from './opening-page.ts';

interface BrowserWindowOptions {
  browser: string;
  profileDirectory: string;
  /** Starts a process; tests replace it. */
  start?: (browser: string, flags: readonly string[]) => ChildProcess;
  /** Called when the user closed the window; never in kiosk mode, where the window opens again. */
  onClosed: () => void;
  /** Called when no window appeared: the browser ended at once, or passed the page to one of its other windows. */
  onUnavailable: () => void;
}

/** A browser that ends sooner than this never showed a window. */
const shownAfterMs = 3_000;
const reopenDelayMs = 1_000;

const startBrowser = (browser: string, flags: readonly string[]): ChildProcess =>
  spawn(browser, flags, { stdio: 'ignore' });

/** Holds one window at a time. `show` opens or replaces it; in kiosk mode a window that dies opens again. */
export class BrowserWindow {
  readonly #options: BrowserWindowOptions;
  #child: ChildProcess | undefined;
  #shown: { url: string; kiosk: boolean } | undefined;
  #reopening: NodeJS.Timeout | undefined;

  constructor(options: BrowserWindowOptions) {
    this.#options = options;
  }

  show({ url, kiosk }: { url: string; kiosk: boolean }): void {
    const isSame = this.#shown?.kiosk === kiosk && isSameOrigin(this.#shown.url, url);
    const earlier = this.#child;
    this.#shown = { url, kiosk };
    // The core was replaced at the same address; the page reconnects by itself.
    if (isSame) return;
    clearTimeout(this.#reopening);
    if (!earlier) return this.#open();
    // Only one process may use the profile, so the next one starts after the last has ended.
    this.#child = undefined;
    earlier.once('exit', () => this.#open());
    earlier.kill();
  }

  close(): void {
    this.#shown = undefined;
    clearTimeout(this.#reopening);
    this.#child?.kill();
    this.#child = undefined;
    rmSync(`${this.#options.profileDirectory}.html`, { force: true });
  }

  #open(): void {
    const shown = this.#shown;
    if (!shown) return;
    const { browser, profileDirectory, start = startBrowser } = this.#options;
    const pagePath = `${profileDirectory}.html`;
    try {
      writeOpeningPage(pagePath, shown.url);
    } catch {
      // The disk may be full, for example; the address is shown instead.
      return this.#options.onUnavailable();
    }
    const url = pathToFileURL(pagePath).href;
    const child = start(browser, windowFlags({ url, profileDirectory, kiosk: shown.kiosk }));
    const openedAt = performance.now();
    this.#child = child;
    let gone = false;
    const onGone = (): void => {
      if (gone || this.#child !== child) return;
      gone = true;
      this.#child = undefined;
      const wasShown = performance.now() - openedAt >= shownAfterMs;
      if (this.#shown?.kiosk) this.#reopening = setTimeout(() => this.#open(), reopenDelayMs);
      else if (wasShown) this.#options.onClosed();
      else this.#options.onUnavailable();
    };
    child.once('error', onGone);
    child.once('exit', onGone);
  }
}
