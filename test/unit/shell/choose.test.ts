import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { windowFlags } from '../../../app/shell/browser/index.ts';
import { chooseShell, type ShellFacts } from '../../../app/shell/choose.ts';

const everything: ShellFacts = { open: true, hasDisplay: true, nwRuntime: '/nw', browser: '/chrome' };

const test = suite('which shell shows the launcher');

test('NW.js where its runtime is there', () => {
  assert.equal(chooseShell(everything), { kind: 'nw', runtime: '/nw' });
});

test('an installed browser where it is not', () => {
  assert.equal(chooseShell({ ...everything, nwRuntime: undefined }), { kind: 'browser', browser: '/chrome' });
});

test('the address where there is nothing to show it with, or nobody asked for a window', () => {
  const kinds = [
    chooseShell({ ...everything, open: false }),
    chooseShell({ ...everything, hasDisplay: false }),
    chooseShell({ ...everything, nwRuntime: undefined, browser: undefined }),
  ];
  assert.equal(kinds, [
    { kind: 'address', because: 'asked' },
    { kind: 'address', because: 'no-display' },
    { kind: 'address', because: 'no-browser' },
  ]);
});

test('a window is an app window with a profile of its own; a kiosk is locked besides', () => {
  const facts = { url: 'http://127.0.0.1:1/#token=x', profileDirectory: '/state/browser', kiosk: false };
  const flags = windowFlags(facts);
  assert.ok(flags.includes('--app=http://127.0.0.1:1/#token=x'));
  assert.ok(flags.includes('--user-data-dir=/state/browser'));
  assert.not.ok(flags.includes('--kiosk'));
  assert.ok(windowFlags({ ...facts, kiosk: true }).includes('--kiosk'));
});

test.run();
