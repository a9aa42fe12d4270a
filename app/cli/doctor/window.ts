/** Checks which window opens when the launcher starts. */
import { findBrowser, hasDisplay } from '../../shell/browser/index.ts';
import { chooseShell, type ShellChoice } from '../../shell/choose.ts';
import { findNwRuntime } from '../../shell/nw/find-runtime.ts';
import type { Finding } from './checks.ts';

export async function checkWindow(): Promise<Finding> {
  const nwRuntime = await findNwRuntime();
  return tellWindow(chooseShell({ open: true, hasDisplay: hasDisplay(), nwRuntime, browser: findBrowser() }));
}

/** Pure. */
export function tellWindow(choice: ShellChoice): Finding {
  const name = 'Window';
  if (choice.kind === 'nw') return { name, status: 'ok', detail: `the launcher opens in NW.js: ${choice.runtime}` };
  if (choice.kind === 'browser')
    return { name, status: 'ok', detail: `the launcher opens in a window of ${choice.browser}` };
  if (choice.because === 'no-display')
    return { name, status: 'ok', detail: 'no display here: the launcher prints its address' };
  return {
    name,
    status: 'warning',
    detail: 'neither NW.js nor Edge, Chrome or Chromium is here: the launcher prints its address',
    advice: 'Install one of them, or open the address in another browser.',
  };
}
