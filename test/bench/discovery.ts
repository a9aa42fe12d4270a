/** How soon hosts on a bridge see each other, started together, each in a namespace of its own. Option: --hosts 4 */
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Lan, whyNoLan } from '../support/lan.ts';
import { PeerProcess } from '../support/peer.ts';
import { tempDir } from '../support/temp.ts';
import { figure, type Figure } from './bench.ts';

const rounds = 3;
const catalog = fileURLToPath(new URL('../../fixtures/catalog/catalog.json', import.meta.url));
const limitMs = 20_000;

export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const { values } = parseArgs({ args: [...args], options: { hosts: { type: 'string', default: '4' } } });
  const why = whyNoLan();
  if (why !== undefined) {
    console.error(`SKIP discovery ${why}`);
    return [];
  }
  const names = Array.from({ length: Number(values.hosts) }, (_, index) => `host${index}`);
  const meshMs: number[] = [];
  const goodbyeMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    using lan = new Lan(names);
    await using folder = await tempDir('bench');
    await using peers = new AsyncDisposableStack();
    const started = await Promise.all(
      names.map(async (name) => {
        await mkdir(folder.join(name), { recursive: true });
        const { namespace } = lan.host(name);
        const peer = await PeerProcess.start({
          name,
          gamesDir: folder.join(name, 'games'),
          stateDir: folder.join(name, 'state'),
          catalog,
          namespace,
        });
        peers.use(peer);
        return peer;
      }),
    );
    const others = names.length - 1;
    await Promise.all(
      started.map((peer) => peer.waitFor('peer-count-changed', ({ count }) => count === others, { limitMs })),
    );
    const at = started.flatMap(({ events }) =>
      events.filter(({ event }) => event === 'started' || event === 'peer-count-changed'),
    );
    const times = (event: string): number[] =>
      at.filter((one) => one.event === event).map((one) => Date.parse(String(one.at)));
    meshMs.push(Math.max(...times('peer-count-changed')) - Math.max(...times('started')));
    const [first, ...rest] = started;
    if (!first) continue;
    const quitting = performance.now();
    await Promise.all([
      first.quit(),
      ...rest.map((peer) => peer.waitFor('peer-lost', ({ peerId }) => peerId === first.peerId, { limitMs })),
    ]);
    goodbyeMs.push(performance.now() - quitting);
  }
  return [
    figure(`${names.length} hosts: all see all after the last has started`, { unit: 'ms', values: meshMs }),
    figure('a clean stop is noticed by all', { unit: 'ms', values: goodbyeMs }),
  ];
}
