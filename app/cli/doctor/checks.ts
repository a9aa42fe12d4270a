/** The checks of `lanspread doctor`. Each returns a finding; none throws. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

export interface Finding {
  name: string;
  status: 'ok' | 'warning' | 'problem';
  detail: string;
  /** The next step for the player. */
  advice?: string;
}

const mdnsGroup = '224.0.0.251';

export function checkNode(): Finding {
  return { name: 'Node', status: 'ok', detail: `${process.version} on ${process.platform}-${process.arch}` };
}

export function checkInterfaces(): Finding {
  const addresses = Object.entries(networkInterfaces()).flatMap(([name, list = []]) =>
    list.filter(({ internal }) => !internal).map(({ address }) => `${name} ${address}`),
  );
  if (addresses.length > 0) return { name: 'Network', status: 'ok', detail: addresses.join(', ') };
  return {
    name: 'Network',
    status: 'problem',
    detail: 'no interface but loopback',
    advice: 'Plug in the cable or join the Wi-Fi.',
  };
}

/** Sends a packet to the mDNS group on every interface and waits for its own echo. */
export async function checkMulticast(): Promise<Finding> {
  const name = 'Multicast';
  const local = Object.values(networkInterfaces()).flatMap((list = []) =>
    list.filter(({ internal, family }) => !internal && family === 'IPv4'),
  );
  if (local.length === 0) return { name, status: 'warning', detail: 'not tried: no interface' };
  const results = await Promise.all(local.map(({ address }) => multicastLoop(address)));
  const silent = local.filter((_, index) => !results[index]).map(({ address }) => address);
  if (silent.length === 0)
    return { name, status: 'ok', detail: `packets to ${mdnsGroup} come back on every interface` };
  return {
    name,
    status: 'warning',
    detail: `no echo on ${silent.join(', ')}`,
    advice: 'A firewall may filter multicast; allow UDP 5353, or connect by address with --peer.',
  };
}

async function multicastLoop(address: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = createSocket({ type: 'udp4', reuseAddr: true });
  const timer = setTimeout(() => resolve(false), 1_000);
  const probe = `lanspread-doctor-${process.pid}-${address}`;
  socket.on('error', () => resolve(false));
  socket.on('message', (message) => {
    if (message.toString() === probe) resolve(true);
  });
  socket.bind(0, '0.0.0.0', () => {
    try {
      socket.addMembership(mdnsGroup, address);
      socket.setMulticastInterface(address);
      socket.setMulticastLoopback(true);
      socket.send(probe, socket.address().port, mdnsGroup, (error) => error && resolve(false));
    } catch {
      resolve(false);
    }
  });
  const heard = await promise;
  clearTimeout(timer);
  socket.close();
  return heard;
}

export async function checkQuic(): Promise<Finding> {
  try {
    await import('@chainsafe/libp2p-quic');
    return { name: 'QUIC', status: 'ok', detail: 'available' };
  } catch {
    return {
      name: 'QUIC',
      status: 'warning',
      detail: 'no native part for this platform',
      advice: 'Nothing: peers are reached over TCP instead.',
    };
  }
}

/** Only Linux limits file watchers in a way that other programs can use up. */
export async function checkWatching(gamesDir: string): Promise<Finding> {
  const name = 'Watching';
  const { whyNotWatchable } = await import('../../core/tools/watch-checkup.ts');
  const code = existsSync(gamesDir) ? await whyNotWatchable(gamesDir) : undefined;
  if (code === undefined) return { name, status: 'ok', detail: 'changes in the games folder are seen at once' };
  const limit = code === 'ENOSPC' ? 'fs.inotify.max_user_watches=524288' : 'fs.inotify.max_user_instances=512';
  return {
    name,
    status: 'warning',
    detail: `the system lets no more folders be watched (${code}); Lanspread looks every half minute instead`,
    advice: `Close programs that watch files, or raise the limit: sudo sysctl ${limit}`,
  };
}

export async function checkSevenZip(path: string): Promise<Finding> {
  const name = '7-Zip';
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const child = spawn(path, ['i'], { stdio: ['ignore', 'pipe', 'ignore'], timeout: 5_000 });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.on('error', () => resolve(undefined));
  child.on('close', (code) => resolve(code === 0 ? /7-Zip[^\r\n]*?(\d+\.\d+)/.exec(text)?.[1] : undefined));
  const version = await promise;
  if (version) return { name, status: 'ok', detail: version };
  return {
    name,
    status: 'problem',
    detail: 'does not start',
    advice: 'A virus scanner may have taken the file: allow it there, then install Lanspread again.',
  };
}

/** The clock only matters for dates that people see; a very wrong one gets a hint. */
export function checkClock(): Finding {
  const now = new Date();
  if (now.getFullYear() >= 2026) return { name: 'Clock', status: 'ok', detail: now.toISOString() };
  return {
    name: 'Clock',
    status: 'warning',
    detail: now.toISOString(),
    advice: 'Set the date: logs and play times will be wrong.',
  };
}
