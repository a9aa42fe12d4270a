/** NW.js as its documentation describes it, for what the launcher uses; whatever else is touched throws. */
import { EventEmitter } from 'node:events';
import type { NwApi, NwWindow, NwWindowOptions } from '../../app/shell/nw/nw-api.ts';

/** Every property that is read must exist: an undocumented call is a failure, not an `undefined`. */
function strict<T extends object>(what: string, target: T): T {
  return new Proxy(target, {
    get(object, name, receiver) {
      if (typeof name === 'string' && !(name in object)) throw new Error(`${what}.${name} is not documented`);
      return Reflect.get(object, name, receiver);
    },
    set(object, name, value, receiver) {
      if (typeof name === 'string' && !(name in object)) throw new Error(`${what}.${name} is not documented`);
      return Reflect.set(object, name, value, receiver);
    },
  });
}

/** The names that `nw.Window.open` takes: its own, and the window subfields of the manifest. */
const documentedOptions = new Set(
  (
    'id title width height icon position min_width min_height max_width max_height as_desktop resizable always_on_top ' +
    'visible_on_all_workspaces fullscreen show_in_taskbar frame show kiosk transparent focus new_instance ' +
    'mixed_context inject_js_start inject_js_end'
  ).split(' '),
);

export class FakeNwWindow {
  readonly calls: string[] = [];
  readonly url: string;
  readonly options: NwWindowOptions;
  isOpen = true;
  isKiosk = false;
  isVisible = true;
  readonly #events = new EventEmitter();

  constructor(url: string, options: NwWindowOptions) {
    this.url = url;
    this.options = options;
  }

  /** What the person at the PC does: the close button. */
  clickClose(): void {
    if (this.#events.emit('close')) return;
    this.#gone();
  }

  /** Its render process dies. */
  crash(): void {
    this.#gone();
  }

  #gone(): void {
    this.isOpen = false;
    this.#events.emit('closed');
  }

  api(): NwWindow {
    const did = (name: string, effect: () => void) => () => {
      if (!this.isOpen) throw new Error(`${name} on a closed window`);
      this.calls.push(name);
      effect();
    };
    return strict<NwWindow>('window', {
      show: did('show', () => (this.isVisible = true)),
      hide: did('hide', () => (this.isVisible = false)),
      focus: did('focus', () => {}),
      restore: did('restore', () => {}),
      enterKioskMode: did('enterKioskMode', () => (this.isKiosk = true)),
      leaveKioskMode: did('leaveKioskMode', () => (this.isKiosk = false)),
      close: (force) => {
        this.calls.push(force ? 'close(true)' : 'close');
        if (force) this.#gone();
        else this.clickClose();
      },
      on: (event, listener) => void this.#events.on(event, listener),
    });
  }
}

export interface FakeTray {
  readonly items: { label: string; click: () => void }[];
  removed: boolean;
  click(): void;
}

export class FakeNw {
  readonly windows: FakeNwWindow[] = [];
  readonly trays: FakeTray[] = [];
  hasQuit = false;
  readonly #argv: readonly string[];
  /** Windows that were asked for and not handed over yet. */
  readonly #pending: (() => void)[] = [];
  readonly #app = new EventEmitter();

  constructor(argv: readonly string[] = []) {
    this.#argv = argv;
  }

  /** NW.js hands windows over later. */
  handOver(): void {
    for (const hand of this.#pending.splice(0)) hand();
  }

  /** A second instance was started. */
  startAgain(): void {
    this.#app.emit('open', 'lanspread');
  }

  get window(): FakeNwWindow {
    const open = this.windows.filter(({ isOpen }) => isOpen);
    const [window] = open;
    if (!window || open.length !== 1) throw new Error(`${open.length} windows are open`);
    return window;
  }

  get tray(): FakeTray | undefined {
    return this.trays.find(({ removed }) => !removed);
  }

  api(): NwApi {
    const { trays } = this;
    class Menu {
      readonly items: { label: string; click: () => void }[] = [];
      append(item: { label: string; click: () => void }): void {
        this.items.push(item);
      }
    }
    class MenuItem {
      readonly label: string;
      readonly click: () => void;
      constructor({ label, click }: { label: string; click: () => void }) {
        this.label = label;
        this.click = click;
      }
    }
    class Tray extends EventEmitter {
      tooltip = '';
      menu = new Menu();
      removed = false;
      constructor() {
        super();
        trays.push(this);
      }
      get items(): Menu['items'] {
        return this.menu.items;
      }
      click(): void {
        this.emit('click');
      }
      remove(): void {
        this.removed = true;
      }
    }
    // The classes have the documented constructors; what TypeScript sees of them is wider than the interface.
    return strict('nw', {
      App: strict('nw.App', {
        argv: this.#argv,
        on: (event: 'open', listener: (commandLine: string) => void) => void this.#app.on(event, listener),
        quit: () => void (this.hasQuit = true),
      }),
      Window: strict('nw.Window', {
        open: (url: string, options: NwWindowOptions, callback: (window: NwWindow) => void) => {
          for (const name of Object.keys(options))
            if (!documentedOptions.has(name)) throw new Error(`the window option ${name} is not documented`);
          this.#pending.push(() => {
            const window = new FakeNwWindow(url, options);
            this.windows.push(window);
            callback(window.api());
          });
        },
      }),
      Tray,
      Menu,
      MenuItem,
    }) as unknown as NwApi;
  }
}
