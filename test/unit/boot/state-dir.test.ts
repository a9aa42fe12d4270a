import { resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { platformStateDir, stateDirOfArguments } from '../../../app/boot/state-dir.mjs';

const test = suite('where the state of an installed Lanspread lies');

test('in the place of each platform', () => {
  const windows = platformStateDir({ platform: 'win32', env: { LOCALAPPDATA: 'C:\\Users\\Jörg\\AppData\\Local' } });
  assert.match(windows, /Local[\\/]Lanspread$/);
  assert.match(platformStateDir({ platform: 'darwin', env: {} }), /Application Support[\\/]Lanspread$/);
  assert.match(platformStateDir({ platform: 'linux', env: { XDG_STATE_HOME: '/x' } }), /^[\\/]x[\\/]lanspread$/);
  assert.match(
    platformStateDir({ platform: 'linux', env: { XDG_STATE_HOME: '' } }),
    /\.local[\\/]state[\\/]lanspread$/,
  );
});

test('where the command line says', () => {
  assert.is(stateDirOfArguments(['start', '--state-dir', 'here']), resolve('here'));
  assert.is(stateDirOfArguments(['--state-dir=over/there', '--no-open']), resolve('over/there'));
  assert.is(stateDirOfArguments(['start']), platformStateDir());
  assert.is(stateDirOfArguments(['start', '--state-dir']), platformStateDir());
});

test.run();
