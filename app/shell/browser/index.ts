/** Shows the UI in an installed Chromium as a window of its own. */
export { findBrowser, hasDisplay } from './find-browser.ts';
export { windowFlags } from './flags.ts';
export { BrowserWindow } from './window.ts';
