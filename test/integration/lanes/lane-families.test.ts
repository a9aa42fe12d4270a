import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, silentLogger, systemClock } from '../../../app/core/base/index.ts';
import { createTlsLane, type TlsLane } from '../../../app/core/lanes/index.ts';

const hasIPv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === '::1'));

const lane = (listenHosts: readonly string[]): Promise<TlsLane> =>
  createTlsLane({
    listenHosts,
    authorize: () => Promise.reject(new LanspreadError('NOT_SERVED')),
    clock: systemClock,
    logger: silentLogger,
    workers: 2,
  });

/** Whether somebody accepts there. */
async function isAccepted(host: string, port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect({ host, port });
  socket.once('connect', () => resolve(true));
  socket.once('error', () => resolve(false));
  const accepted = await promise;
  socket.destroy();
  return accepted;
}

test('a lane on one wildcard leaves its host open', async () => {
  await using one = await lane(['0.0.0.0']);
  for (const { host, port } of one.offer().addresses) {
    assert.is(host, '');
    assert.ok(await isAccepted('127.0.0.1', port));
  }
});

(hasIPv6 ? test : test.skip)(
  'a lane on both families tells which ports are whose, and each takes its own alone',
  async () => {
    await using both = await lane(['0.0.0.0', '::']);
    const { addresses } = both.offer();
    assert.equal(addresses.map(({ host }) => host).sort(), ['0.0.0.0', '0.0.0.0', '::', '::']);
    for (const { host, port } of addresses) {
      assert.is(await isAccepted('127.0.0.1', port), host === '0.0.0.0', `IPv4 at ${host} ${port}`);
      assert.is(await isAccepted('::1', port), host === '::', `IPv6 at ${host} ${port}`);
    }
  },
);

test.run();
