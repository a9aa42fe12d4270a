/** The launcher as an NW.js app: one window, a tray icon, kiosk mode, and a core that is restarted after a crash. */
import type { CoreHostListener } from '../supervision/index.ts';
import { isSameOrigin } from '../same-origin.ts';
import type { NwApi, NwTray, NwWindow, NwWindowOptions } from './nw-api.ts';

/** The part of the core's process that the launcher needs. */
interface HostedCore {
  quit(): void;
}

interface LauncherOptions {
  nw: NwApi;
  startCore: (listener: CoreHostListener) => HostedCore;
  texts: { open: string; quit: string };
  /** The address of a local page that says why there is no core, for an exit code. */
  failurePage: (exitCode: number) => string;
}

const icon = 'icon.png';
const windowOptions: NwWindowOptions = {
  id: 'lanspread',
  title: 'Lanspread',
  icon,
  width: 1280,
  height: 800,
  min_width: 800,
  min_height: 600,
  focus: true,
  new_instance: true,
  inject_js_start: 'kiosk-guard.js',
};

/** `Opening`, because NW.js delivers a window some time after the request. */
type WindowState =
  | { readonly kind: 'None' }
  | { readonly kind: 'Opening'; readonly url: string }
  | { readonly kind: 'Open'; readonly url: string; readonly window: NwWindow };

export class NwLauncher {
  readonly #options: LauncherOptions;
  readonly #core: HostedCore;
  #state: WindowState = { kind: 'None' };
  #tray: NwTray | undefined;
  #kiosk = false;
  #hasEnded = false;
  #isQuitting = false;

  constructor(options: LauncherOptions) {
    this.#options = options;
    options.nw.App.on('open', () => this.#present());
    this.#core = options.startCore({
      onReady: ({ url, kiosk }) => {
        this.#setKiosk(kiosk);
        this.#show(url);
      },
      // The page notices the lost core by itself, says so, and reconnects.
      onCrashed: () => {},
      onKiosk: (kiosk) => this.#setKiosk(kiosk),
      onEnded: (exitCode) => this.#ended(exitCode),
    });
  }

  /** Ends the core, then the app. */
  quit(): void {
    if (this.#isQuitting) return;
    this.#isQuitting = true;
    if (this.#state.kind === 'Open') this.#state.window.hide();
    this.#core.quit();
  }

  #show(url: string): void {
    const earlier = this.#state;
    // After a crash the core has the same address, and the page reconnects by itself. The new URL is stored for the case that
    // the page crashes.
    if (earlier.kind !== 'None' && (earlier.url === url || isSameOrigin(earlier.url, url))) {
      this.#state = { ...earlier, url };
      return;
    }
    this.#state = { kind: 'Opening', url };
    this.#options.nw.Window.open(url, windowOptions, (window) => {
      const now = this.#state;
      const isWanted = now.kind === 'Opening' && (now.url === url || isSameOrigin(now.url, url));
      if (this.#isQuitting || !isWanted) return window.close(true);
      this.#state = { kind: 'Open', url: now.url, window };
      window.on('close', () => this.#closeAsked(window));
      window.on('closed', () => this.#closed(window));
      // The `kiosk` option of `open` has no effect, so the window is switched here.
      if (this.#kiosk) window.enterKioskMode();
      if (earlier.kind === 'Open') earlier.window.close(true);
    });
  }

  /** Closing hides the window, because the tray icon can bring it back. A kiosk's window does not close at all. */
  #closeAsked(window: NwWindow): void {
    if (this.#kiosk) return;
    if (this.#hasEnded) this.#options.nw.App.quit();
    else window.hide();
  }

  /** The window closed without a request, so its process crashed; it is opened again. */
  #closed(window: NwWindow): void {
    if (this.#state.kind !== 'Open' || this.#state.window !== window || this.#isQuitting) return;
    const { url } = this.#state;
    this.#state = { kind: 'None' };
    this.#show(url);
  }

  #present(): void {
    if (this.#state.kind !== 'Open') return;
    this.#state.window.show();
    this.#state.window.restore();
    this.#state.window.focus();
  }

  #setKiosk(kiosk: boolean): void {
    const changed = this.#kiosk !== kiosk;
    this.#kiosk = kiosk;
    if (kiosk) this.#removeTray();
    else this.#makeTray();
    if (!changed || this.#state.kind !== 'Open') return;
    if (kiosk) {
      this.#present();
      this.#state.window.enterKioskMode();
    } else this.#state.window.leaveKioskMode();
  }

  #makeTray(): void {
    if (this.#tray) return;
    const { nw, texts } = this.#options;
    const tray = new nw.Tray({ title: 'Lanspread', icon });
    this.#tray = tray;
    tray.tooltip = 'Lanspread';
    const menu = new nw.Menu();
    menu.append(new nw.MenuItem({ label: texts.open, click: () => this.#present() }));
    menu.append(new nw.MenuItem({ label: texts.quit, click: () => this.quit() }));
    tray.menu = menu;
    tray.on('click', () => this.#present());
  }

  #removeTray(): void {
    this.#tray?.remove();
    this.#tray = undefined;
  }

  #ended(exitCode: number): void {
    if (this.#isQuitting || exitCode === 0) return this.#options.nw.App.quit();
    this.#hasEnded = true;
    this.#setKiosk(false);
    this.#removeTray();
    this.#show(this.#options.failurePage(exitCode));
  }
}
