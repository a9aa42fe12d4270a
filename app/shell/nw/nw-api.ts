/** Only the documented part of NW.js that the launcher uses; the tests' fake refuses every other call. */

export interface NwWindow {
  show(): void;
  hide(): void;
  focus(): void;
  restore(): void;
  close(force: boolean): void;
  enterKioskMode(): void;
  leaveKioskMode(): void;
  on(event: 'close' | 'closed', listener: () => void): void;
}

export interface NwWindowOptions {
  /** NW.js remembers size and position by this id. */
  readonly id: string;
  readonly title: string;
  readonly icon: string;
  readonly width: number;
  readonly height: number;
  readonly min_width: number;
  readonly min_height: number;
  readonly focus: boolean;
  /** Gives the window its own render process, so that a crash of the page affects nothing else. */
  readonly new_instance: boolean;
  /** A local file that runs before the page's own scripts. */
  readonly inject_js_start: string;
}

interface NwMenu {
  append(item: unknown): void;
}

export interface NwTray {
  tooltip: string;
  menu: NwMenu;
  on(event: 'click', listener: () => void): void;
  remove(): void;
}

export interface NwApi {
  readonly App: {
    /** The arguments without NW.js's own. */
    readonly argv: readonly string[];
    /** Fires when a second instance starts: it passes its command line here and ends. */
    on(event: 'open', listener: (commandLine: string) => void): void;
    quit(): void;
  };
  readonly Window: {
    open(url: string, options: NwWindowOptions, callback: (window: NwWindow) => void): void;
  };
  readonly Tray: new (options: { title: string; icon: string }) => NwTray;
  readonly Menu: new () => NwMenu;
  readonly MenuItem: new (options: { label: string; click: () => void }) => unknown;
}
