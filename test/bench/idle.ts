/**
 * What a core costs that does nothing: `npm run bench -- idle [--rounds 5] [--peers 50] [--seconds 30]`. Start and memory
 * as whole processes; then the processor's time, alone and with so many peers that do nothing either. Linux only.
 */
import { readFile } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { findProgram } from '../../app/cli/program.mjs';
import { PeerProcess } from '../support/peer.ts';
import { tempDir } from '../support/temp.ts';
import { figure, Helper, type Figure } from './bench.ts';

const catalog = fileURLToPath(new URL('../../fixtures/catalog/catalog.json', import.meta.url));
/** What a start leaves to be done is done by then. */
const settleMs = 5_000;
/** V8 looks for what it can give back until half a minute after a thread was last busy. */
const calmMs = 45_000;
const ticksPerSecond = 100;
const mib = 1024;

export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '5' },
      peers: { type: 'string', default: '50' },
      seconds: { type: 'string', default: '30' },
    },
  });
  const [rounds, peers, seconds] = [Number(values.rounds), Number(values.peers), Number(values.seconds)];
  const form = findProgram().isBundle ? 'bundle' : 'sources';
  await using folder = await tempDir('bench');
  const startMs: number[] = [];
  const startCpuMs: number[] = [];
  const residentMib: number[] = [];
  const privateMib: number[] = [];
  const start = async (name: string): Promise<PeerProcess> =>
    await PeerProcess.start({ name, gamesDir: folder.join('games'), stateDir: folder.join(name), catalog });
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now();
    await using peer = await start(`idle-${round}`);
    startMs.push(performance.now() - began);
    startCpuMs.push(await processorMs(peer.processId));
    await pause(settleMs);
    const memory = await memoryOf(peer.processId);
    residentMib.push(memory.residentMib);
    privateMib.push(memory.privateMib);
  }
  await using hub = await start('hub');
  await pause(calmMs);
  const alone = await share(hub.processId, seconds);
  await using others = new Helper('idle/peers.ts');
  await others.ask({ op: 'connect', address: hub.addresses.find((address) => address.includes('quic')), peers });
  await pause(calmMs);
  const together = await share(hub.processId, seconds);
  const { connected } = await others.ask<{ connected: number }>({ op: 'count' });
  const crowded = await memoryOf(hub.processId);
  return [
    figure(`start to started, from the ${form}`, { unit: 'ms', values: startMs }),
    figure("processor's time until started", { unit: 'ms', values: startCpuMs }),
    figure('resident when idle', { unit: 'MiB', values: residentMib }),
    figure('of that its own', { unit: 'MiB', values: privateMib }),
    figure('idle alone', { unit: '% of a processor', values: [alone] }),
    figure(`idle with ${connected} peers`, { unit: '% of a processor', values: [together] }),
    figure(`resident with ${connected} peers`, { unit: 'MiB', values: [crowded.residentMib] }),
  ];
}

/** User and system time of all its threads. */
async function processorMs(processId: number): Promise<number> {
  const text = await readFile(`/proc/${processId}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond;
}

async function share(processId: number, seconds: number): Promise<number> {
  const [cpuMs, atMs] = [await processorMs(processId), performance.now()];
  await pause(seconds * 1_000);
  return (((await processorMs(processId)) - cpuMs) / (performance.now() - atMs)) * 100;
}

async function memoryOf(processId: number): Promise<{ residentMib: number; privateMib: number }> {
  const text = await readFile(`/proc/${processId}/smaps_rollup`, 'utf8');
  const read = (name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / mib;
  return { residentMib: read('Rss'), privateMib: read('Private_Clean') + read('Private_Dirty') };
}
