/** Shows the UI in an installed Chromium as a window of its own. */
export { findBrowser, hasDisplay } from './find-browser.ts';
export { windowFlags, type WindowFacts } from './flags.ts';
export { BrowserWindow, type BrowserWindowOptions } from './window.ts';
