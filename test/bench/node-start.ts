/** How long a node takes from its process's start to `started`, and what it needs when idle. */
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { PeerProcess } from '../support/peer.ts';
import { tempDir } from '../support/temp.ts';
import { figure, type Figure } from './bench.ts';

const rounds = 5;
const catalog = fileURLToPath(new URL('../../fixtures/catalog/catalog.json', import.meta.url));

export async function run(): Promise<readonly Figure[]> {
  await using folder = await tempDir('bench');
  const startMs: number[] = [];
  const idleMib: number[] = [];
  const quitMs: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const began = performance.now();
    await using peer = await PeerProcess.start({
      name: 'bench',
      gamesDir: folder.join('games'),
      stateDir: folder.join(`state-${round}`),
      catalog,
    });
    startMs.push(performance.now() - began);
    idleMib.push(await residentMib(peer.processId));
    const quitting = performance.now();
    await peer.quit();
    quitMs.push(performance.now() - quitting);
  }
  return [
    figure('start to started', { unit: 'ms', values: startMs }),
    figure('quit', { unit: 'ms', values: quitMs }),
    figure('resident when idle', { unit: 'MiB', values: idleMib }),
  ];
}

/** Linux only; elsewhere NaN. */
async function residentMib(processId: number): Promise<number> {
  try {
    const status = await readFile(`/proc/${processId}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) / 1024;
  } catch {
    return Number.NaN;
  }
}
