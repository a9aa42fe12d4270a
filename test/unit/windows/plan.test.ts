import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { labPlaces, leftovers, whyNoLab, type MachineFacts } from '../../windows/plan.ts';

const fitting: MachineFacts = {
  platform: 'linux',
  arch: 'x64',
  userId: 0,
  system: 'debian',
  mirror: 'http://mirror.example/debian',
};

test('the lab is made by root on Debian on x64, and says what else is missing', () => {
  assert.is(whyNoLab(fitting), undefined);
  assert.match(whyNoLab({ ...fitting, platform: 'darwin', arch: 'arm64' }) ?? '', 'darwin on arm64');
  assert.match(whyNoLab({ ...fitting, arch: 'arm64' }) ?? '', 'arm64');
  assert.match(whyNoLab({ ...fitting, userId: 1000 }) ?? '', 'root');
  assert.match(whyNoLab({ ...fitting, system: 'fedora' }) ?? '', 'fedora');
  assert.match(whyNoLab({ ...fitting, system: undefined }) ?? '', 'os-release');
  assert.match(whyNoLab({ ...fitting, mirror: undefined }) ?? '', 'mirror');
});

const at = (environment: Record<string, string>, lockFile = 'lock') =>
  labPlaces(environment, { home: '/home/anna', lockFile });

test('everything lies in one cache folder, which the environment may name', () => {
  assert.is(at({}).cache, join('/home/anna/.cache/lanspread/windows'));
  assert.is(at({ XDG_CACHE_HOME: '' }).cache, join('/home/anna/.cache/lanspread/windows'));
  assert.is(at({ XDG_CACHE_HOME: '/var/cache' }).cache, join('/var/cache/lanspread/windows'));
  assert.is(at({ XDG_CACHE_HOME: '/var/cache', LANSPREAD_CACHE: '/big' }).cache, join('/big/windows'));
  const { cache, ...rest } = at({});
  for (const path of Object.values(rest)) assert.ok(path.startsWith(join(cache, '/')), path);
});

test('another lock file has other packages in the same root', () => {
  assert.is(at({}, 'one').root, at({}, 'two').root);
  assert.is.not(at({}, 'one').packages, at({}, 'two').packages);
  assert.is(at({}, 'one').packages, at({}, 'one').packages);
});

test('halves and replaced roots go, packages of the lock files used last stay', () => {
  const names = ['root-new', 'root-old', 'root-new.half', 'packages-now.half', 'packages-now', 'lock', 'runs'];
  const older = ['packages-1', 'packages-3', 'packages-2'];
  const entries = [
    ...names.map((name) => ({ name, usedAtMs: 0 })),
    ...older.map((name) => ({ name, usedAtMs: Number(name.at(-1)) })),
  ];
  assert.equal(leftovers(entries, { root: 'root-new', packages: 'packages-now' }).toSorted(), [
    'packages-1',
    'packages-now.half',
    'root-new.half',
    'root-old',
  ]);
});

test.run();
