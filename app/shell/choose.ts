/** Chooses the shell that shows the launcher. */

export type ShellChoice =
  | { readonly kind: 'nw'; readonly runtime: string }
  | { readonly kind: 'browser'; readonly browser: string }
  | { readonly kind: 'address'; readonly because: 'asked' | 'no-display' | 'no-browser' };

export interface ShellFacts {
  /** `--no-open` was not given. */
  readonly open: boolean;
  readonly hasDisplay: boolean;
  readonly nwRuntime: string | undefined;
  readonly browser: string | undefined;
}

/** NW.js when its runtime exists, else an installed browser, else the printed address. Pure. */
export function chooseShell({ open, hasDisplay, nwRuntime, browser }: ShellFacts): ShellChoice {
  if (!open) return { kind: 'address', because: 'asked' };
  if (!hasDisplay) return { kind: 'address', because: 'no-display' };
  if (nwRuntime !== undefined) return { kind: 'nw', runtime: nwRuntime };
  if (browser !== undefined) return { kind: 'browser', browser };
  return { kind: 'address', because: 'no-browser' };
}
