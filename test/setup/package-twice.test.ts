import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { makePackage } from '../../build/package/make-package.ts';
import { findPlatform } from '../../build/package/platforms.ts';
import { tempDir } from '../support/temp.ts';

const repository = fileURLToPath(new URL('../..', import.meta.url));
const mostBytes = 90_000_000;

const test = suite('a package made twice');

test('is the same, byte for byte, and small enough for a stick', async () => {
  await using temp = await tempDir('package-twice');
  const make = async (name: string): Promise<Buffer> =>
    readFile(await makePackage(temp.join(name), { platform: findPlatform(undefined), repository, isQuick: true }));
  const [first, second] = [await make('first'), await make('second')];
  assert.ok(first.equals(second), 'the two differ');
  assert.ok(first.length <= mostBytes, `${first.length} bytes`);
});

test.run();
