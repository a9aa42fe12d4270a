import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { NwLauncher } from '../../../app/shell/nw/launcher.ts';
import type { CoreHostListener } from '../../../app/shell/supervision/index.ts';
import { FakeNw } from '../../support/fake-nw.ts';

const url = 'http://127.0.0.1:4711/#token=t';

function launch() {
  const nw = new FakeNw();
  let listener: CoreHostListener | undefined;
  let quits = 0;
  const launcher = new NwLauncher({
    nw: nw.api(),
    texts: { open: 'Open', quit: 'Quit' },
    failurePage: (exitCode) => `failed.html?code=${exitCode}`,
    startCore: (told) => {
      listener = told;
      return { quit: () => void (quits += 1) };
    },
  });
  if (!listener) throw new Error('no core was started');
  return { nw, core: listener, launcher, quitsOfCore: () => quits };
}

function launchWithWindow({ kiosk = false } = {}) {
  const rig = launch();
  rig.core.onReady({ url, kiosk });
  rig.nw.handOver();
  return rig;
}

const test = suite('the NW.js launcher');

test("opens one window at the core's address, in a process of its own", () => {
  const { nw } = launchWithWindow();
  assert.is(nw.window.url, url);
  assert.is(nw.window.options.new_instance, true);
  assert.not.ok(nw.window.isKiosk);
});

test('a core that comes back at the same address finds its window again', () => {
  const { nw, core } = launchWithWindow();
  core.onCrashed({ exitCode: null, restartsInMs: 200 });
  core.onReady({ url, kiosk: false });
  nw.handOver();
  assert.is(nw.windows.length, 1);
});

test('a core that comes back with another token keeps its window, which opens with the new one after a crash', () => {
  const { nw, core } = launchWithWindow();
  core.onReady({ url: 'http://127.0.0.1:4711/#token=next', kiosk: false });
  nw.handOver();
  assert.is(nw.windows.length, 1);
  nw.window.crash();
  nw.handOver();
  assert.is(nw.window.url, 'http://127.0.0.1:4711/#token=next');
});

test('a core that comes back elsewhere gets a new window, and the old one closes', () => {
  const { nw, core } = launchWithWindow();
  core.onReady({ url: 'http://127.0.0.1:4712/#token=u', kiosk: false });
  nw.handOver();
  assert.is(nw.window.url, 'http://127.0.0.1:4712/#token=u');
});

test('closing hides while the tray icon lives; the icon brings the window back', () => {
  const { nw, quitsOfCore } = launchWithWindow();
  nw.window.clickClose();
  assert.not.ok(nw.window.isVisible);
  assert.is(quitsOfCore(), 0);
  nw.tray?.click();
  assert.ok(nw.window.isVisible);
});

test('quit from the tray ends the core first, then the app', () => {
  const { nw, core, quitsOfCore } = launchWithWindow();
  nw.tray?.items.find(({ label }) => label === 'Quit')?.click();
  assert.is(quitsOfCore(), 1);
  assert.not.ok(nw.hasQuit);
  core.onEnded(0);
  assert.ok(nw.hasQuit);
});

test('a second start shows the window of the first', () => {
  const { nw } = launchWithWindow();
  nw.window.clickClose();
  nw.startAgain();
  assert.ok(nw.window.isVisible);
  assert.ok(nw.window.calls.includes('focus'));
});

test('kiosk mode is entered once the window is there, without a tray icon, and it does not close', () => {
  const { nw } = launchWithWindow({ kiosk: true });
  assert.ok(nw.window.isKiosk);
  assert.is(nw.tray, undefined);
  nw.window.clickClose();
  assert.ok(nw.window.isVisible);
});

test('kiosk mode switched on and off later is followed', () => {
  const { nw, core } = launchWithWindow();
  nw.window.clickClose();
  core.onKiosk(true);
  assert.ok(nw.window.isKiosk && nw.window.isVisible);
  assert.is(nw.tray, undefined);
  core.onKiosk(false);
  assert.not.ok(nw.window.isKiosk);
  assert.ok(nw.tray);
});

test('kiosk mode switched on while the window is on its way is not missed', () => {
  const { nw, core } = launch();
  core.onReady({ url, kiosk: false });
  core.onKiosk(true);
  nw.handOver();
  assert.ok(nw.window.isKiosk);
});

test('a window that crashes is opened again, in kiosk mode too', () => {
  const { nw } = launchWithWindow({ kiosk: true });
  nw.window.crash();
  nw.handOver();
  assert.is(nw.windows.length, 2);
  assert.ok(nw.window.isKiosk);
});

test('a core that cannot start is explained in a window, and closing that ends the app', () => {
  const { nw, core } = launch();
  core.onEnded(3);
  nw.handOver();
  assert.is(nw.window.url, 'failed.html?code=3');
  nw.window.clickClose();
  assert.ok(nw.hasQuit, 'there is no core left to wait for');
});

test('quitting while the window is on its way leaves none behind', () => {
  const { nw, core, launcher } = launch();
  core.onReady({ url, kiosk: false });
  launcher.quit();
  nw.handOver();
  assert.not.ok(nw.windows.some(({ isOpen }) => isOpen));
  core.onEnded(0);
  assert.ok(nw.hasQuit);
});

test.run();
