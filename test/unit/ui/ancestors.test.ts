import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { ancestorsOf } from '../../../app/ui/components/form/ancestors.ts';

for (const [path, expected] of [
  ['/home/ada/games', ['/home/ada/games', '/home/ada', '/home', '/']],
  ['/home//ada/', ['/home//ada', '/home', '/']],
  ['/', ['/']],
  ['C:\\Games\\LAN', ['C:\\Games\\LAN', 'C:\\Games', 'C:\\']],
  ['D:/Games', ['D:/Games', 'D:/']],
  ['C:\\', ['C:\\']],
  ['\\\\nas\\share\\games', ['\\\\nas\\share\\games', '\\\\nas\\share\\']],
  ['games', []],
  ['', []],
] as const)
  test(`above ${JSON.stringify(path)} are ${expected.length} folders with itself`, () => {
    assert.equal(ancestorsOf(path), [...expected]);
  });

test.run();
