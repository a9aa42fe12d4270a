import { EventEmitter } from 'node:events';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ChildProcess } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { BrowserWindow } from '../../../app/shell/browser/index.ts';
import { tempDir } from '../../support/temp.ts';

const url = 'http://127.0.0.1:4711/#token=secret';

/** A window over a browser that only tells how it was started. */
async function rig() {
  const temp = await tempDir('browser-window');
  const starts: (readonly string[])[] = [];
  const window = new BrowserWindow({
    browser: 'browser',
    profileDirectory: temp.join('browser'),
    start: (_browser, flags) => {
      starts.push(flags);
      const child = new EventEmitter();
      // Of a process, the window uses its events and its end.
      return Object.assign(child, { kill: () => child.emit('exit', null) }) as unknown as ChildProcess;
    },
    onClosed: () => {},
    onUnavailable: () => {},
  });
  return { temp, starts, window, [Symbol.asyncDispose]: () => temp[Symbol.asyncDispose]() };
}

function openedPage(flags: readonly string[] | undefined): string {
  const app = flags?.find((flag) => flag.startsWith('--app='));
  return fileURLToPath(app?.slice('--app='.length) ?? '');
}

const test = suite('the window in a browser');

test('the address is in a file that this user alone reads, not in the command line', async () => {
  await using its = await rig();
  // Somebody left it open to others.
  writeFileSync(its.temp.join('browser.html'), 'old', { mode: 0o666 });
  its.window.show({ url, kiosk: false });
  const [flags] = its.starts;
  assert.not.match(flags?.join(' ') ?? '', /secret|token/);
  const page = openedPage(flags);
  assert.match(readFileSync(page, 'utf8'), `location.replace("${url}")`);
  if (process.platform !== 'win32') assert.is(statSync(page).mode & 0o777, 0o600);
  its.window.close();
  assert.not.ok(existsSync(page), 'it goes with the window');
});

test('an address cannot bring markup into that file', async () => {
  await using its = await rig();
  its.window.show({ url: `${url}</script><script>alert(1)//"`, kiosk: false });
  const text = readFileSync(openedPage(its.starts[0]), 'utf8');
  assert.is(text.split('</script>').length, 2);
  its.window.close();
});

test('a core that was replaced at the same address leaves the window alone; at another it opens anew', async () => {
  await using its = await rig();
  its.window.show({ url, kiosk: false });
  its.window.show({ url: 'http://127.0.0.1:4711/#token=next', kiosk: false });
  assert.is(its.starts.length, 1);
  its.window.show({ url: 'http://127.0.0.1:4711/#token=next', kiosk: true });
  assert.is(its.starts.length, 2);
  assert.match(readFileSync(openedPage(its.starts[1]), 'utf8'), 'token=next');
  its.window.show({ url: 'http://127.0.0.1:4712/#token=more', kiosk: true });
  assert.is(its.starts.length, 3);
  its.window.close();
});

test.run();
