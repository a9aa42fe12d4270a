/** Shows the UI in an installed Chromium, in its own window. */
export { findBrowser, hasDisplay } from './find-browser.ts';
export { windowFlags } from './flags.ts';
export { BrowserWindow } from './window.ts';
