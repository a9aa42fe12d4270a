import { execFileSync } from 'node:child_process';
import { test as uvuTest } from 'uvu';
import * as assert from 'uvu/assert';
import { Lan, whyNoLan } from '../../support/lan.ts';

const reason = whyNoLan();
if (reason !== undefined) console.log(`SKIP lan ${reason}`);
const test = reason === undefined ? uvuTest : uvuTest.skip;

function namespaces(): string {
  return execFileSync('ip', ['netns', 'list'], { encoding: 'utf8' });
}

function reaches(from: string, to: string): boolean {
  const connect = `require('net').connect(9, '${to}').on('error', (error) => process.exit(error.code === 'ECONNREFUSED' ? 0 : 1)).setTimeout(800, () => process.exit(1))`;
  try {
    execFileSync('ip', ['netns', 'exec', from, process.execPath, '-e', connect], { stdio: 'ignore', timeout: 10_000 });
    return true;
  } catch {
    return false;
  }
}

test('hosts of a LAN reach each other at their addresses until the cable is out', () => {
  using lan = new Lan(['anna', 'bela']);
  const [anna, bela] = [lan.host('anna'), lan.host('bela')];
  assert.is.not(anna.address, bela.address);
  assert.ok(reaches(anna.namespace, bela.address));
  lan.plug('bela', 'out');
  assert.not(reaches(anna.namespace, bela.address));
  lan.plug('bela', 'in');
  assert.ok(reaches(anna.namespace, bela.address));
});

test('a LAN is gone when disposed, also after a failure, and leaves the machine as it was', () => {
  const interfaces = (): string => execFileSync('ip', ['-o', 'link'], { encoding: 'utf8' });
  const before = interfaces();
  const names: string[] = [];
  assert.throws(() => {
    using lan = new Lan(['anna', 'bela']);
    names.push(...lan.hosts.map(({ namespace }) => namespace));
    assert.is(interfaces(), before);
    throw new Error('the scenario fails');
  }, /the scenario fails/);
  assert.is(names.length, 2);
  for (const name of names) assert.not(namespaces().includes(name));
});

test('what a host sends is counted', () => {
  using lan = new Lan(['anna', 'bela']);
  const before = lan.sentBytes('anna');
  assert.ok(reaches(lan.host('anna').namespace, lan.host('bela').address));
  assert.ok(lan.sentBytes('anna') > before);
});

test('two LANs of one process have nothing in common', () => {
  using one = new Lan(['anna']);
  using two = new Lan(['anna', 'bela']);
  assert.is.not(one.host('anna').namespace, two.host('anna').namespace);
  assert.throws(() => one.host('bela'), /no host bela/);
});

uvuTest.run();
