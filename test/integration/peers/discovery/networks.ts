/** LANs of network namespaces for discovery: hosts with any number of NICs, on any number of bridges. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { systemClock } from '../../../../app/core/base/index.ts';
import type { DnsSdOptions } from '../../../../app/core/peers/discovery/dns-sd.ts';
import type { DiscoveredPeer } from '../../../../app/core/peers/discovery/types.ts';

function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 });
}

export interface Nic {
  readonly host: string;
  readonly lan: string;
  /** With prefix length; without one the NIC has only its link-local IPv6 address. */
  readonly address?: string;
  /** Default `eth0`. */
  readonly interfaceName?: string;
}

let networks = 0;

/** Everything is named after this process and goes away with `dispose`, or when the process ends. */
export class Networks implements Disposable {
  readonly #id: string;
  readonly #made: string[] = [];
  readonly #removeNow = (): void => this[Symbol.dispose]();
  #ports = 0;

  constructor() {
    networks += 1;
    this.#id = `lanspread-${process.pid}-discovery${networks}`;
    process.once('exit', this.#removeNow);
  }

  namespace(host: string): string {
    const name = `${this.#id}-${host}`;
    if (this.#made.includes(name)) return name;
    ip('netns', 'add', name);
    this.#made.push(name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
    return name;
  }

  /** Gives a host one more NIC; returns the switch port that `plug` knows. */
  connect({ host, lan, address, interfaceName = 'eth0' }: Nic): string {
    const [hostSpace, switchSpace] = [this.namespace(host), this.#switch(lan)];
    this.#ports += 1;
    const port = `port${this.#ports}`;
    ip('-n', switchSpace, 'link', 'add', port, 'type', 'veth', 'peer', 'name', interfaceName, 'netns', hostSpace);
    ip('-n', switchSpace, 'link', 'set', port, 'master', 'br0', 'up');
    if (address) ip('-n', hostSpace, 'address', 'add', address, 'brd', '+', 'dev', interfaceName);
    // No waiting until the address is proven unique.
    ip('netns', 'exec', hostSpace, 'sysctl', '-qw', `net.ipv6.conf.${interfaceName}.accept_dad=0`);
    ip('-n', hostSpace, 'link', 'set', interfaceName, 'up');
    return port;
  }

  /** Pulls a cable out of the switch, or puts it back. */
  plug(lan: string, port: string, state: 'in' | 'out'): void {
    ip('-n', this.#switch(lan), 'link', 'set', port, state === 'in' ? 'up' : 'down');
  }

  /** Drops multicast DNS on its way into a host. False where this machine has no nftables. */
  dropMulticast(host: string): boolean {
    const table = 'table inet discovery { chain input { type filter hook input priority 0; udp dport 5353 drop; } }';
    try {
      this.run(host, 'nft', table);
      return true;
    } catch {
      return false;
    }
  }

  run(host: string, command: string, ...args: string[]): string {
    return ip('netns', 'exec', this.namespace(host), command, ...args);
  }

  /** A program in a host's namespace, ended with its stdin or, at the latest, with its disposal. */
  start(host: string, command: string, ...args: string[]): Program {
    return new Program(['netns', 'exec', this.namespace(host), command, ...args]);
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#removeNow);
    for (const name of this.#made.splice(0)) {
      try {
        ip('netns', 'del', name);
      } catch {
        // It was never made, or is gone.
      }
    }
  }

  #switch(lan: string): string {
    const name = `${this.#id}-switch-${lan}`;
    if (this.#made.includes(name)) return name;
    this.namespace(`switch-${lan}`);
    ip('-n', name, 'link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '0');
    ip('-n', name, 'link', 'set', 'br0', 'up');
    return name;
  }
}

export interface NodeEvent {
  readonly event: 'started' | 'found' | 'changed' | 'lost' | 'interfaces' | 'warning' | 'stopped';
  /** When it happened: milliseconds since 1970, comparable between the nodes of this machine. */
  readonly at: number;
  readonly value?: unknown;
}

type NodeOptions = Omit<DnsSdOptions, 'clock' | 'interfaceTable' | 'logger'>;

const nodeFile = fileURLToPath(new URL('./namespace-node.ts', import.meta.url));

/** A child process that speaks lines. */
export class Program implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #waiting = new Set<() => void>();

  constructor(ipArguments: readonly string[]) {
    this.#child = spawn('ip', ipArguments, { stdio: ['pipe', 'pipe', 'inherit'] });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#exited = promise;
    this.#child.once('exit', () => resolve());
    if (!this.#child.stdout) throw new Error('a child without output');
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      this.lines.push(line);
      for (const look of this.#waiting) look();
    });
  }

  /** Resolves with the first answer of `find`, which is asked again with every line. */
  async until<T>(what: string, find: () => T | undefined, limitMs = 15_000): Promise<T> {
    const { promise, resolve, reject } = Promise.withResolvers<T>();
    const look = (): void => {
      const found = find();
      if (found !== undefined) resolve(found);
    };
    using _limit = systemClock.timeout(() => {
      reject(new Error(`not within ${limitMs} ms: ${what}; seen:\n${this.lines.join('\n')}`));
    }, limitMs);
    this.#waiting.add(look);
    look();
    try {
      return await promise;
    } finally {
      this.#waiting.delete(look);
    }
  }

  line(text: string): Promise<string> {
    return this.until(`the line ${text}`, () => this.lines.find((line) => line === text));
  }

  say(text: string): void {
    this.#child.stdin?.write(`${text}\n`);
  }

  /** Ends its input and resolves when it is gone. */
  async stop(): Promise<void> {
    this.#child.stdin?.end();
    await this.#exited;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    using _limit = systemClock.timeout(() => this.kill(), 3_000);
    await this.stop();
  }
}

/** A discovery in a process of its own, inside a namespace. */
export class NamespaceNode extends Program {
  readonly #events: NodeEvent[] = [];

  constructor(namespace: string, options: NodeOptions) {
    super(['netns', 'exec', namespace, process.execPath, nodeFile, JSON.stringify(options)]);
  }

  get events(): readonly NodeEvent[] {
    // Written by the node file beside this one.
    for (const line of this.lines.slice(this.#events.length)) this.#events.push(JSON.parse(line) as NodeEvent);
    return this.#events;
  }

  /** The first event that fits, of those that came and those to come. */
  seen(what: string, accept: (event: NodeEvent) => boolean): Promise<NodeEvent> {
    return this.until(what, () => this.events.find(accept));
  }

  started(): Promise<NodeEvent> {
    return this.seen('the start', ({ event }) => event === 'started');
  }

  /** The peer as it was when it first looked so, and when that was. */
  async knows(
    peerId: string,
    accept: (peer: DiscoveredPeer) => boolean = () => true,
    { after = 0 }: { after?: number } = {},
  ): Promise<{ at: number; peer: DiscoveredPeer }> {
    const fits = ({ event, value, at }: NodeEvent): boolean => {
      if ((event !== 'found' && event !== 'changed') || at < after) return false;
      const peer = value as DiscoveredPeer;
      return peer.peerId === peerId && accept(peer);
    };
    const { at, value } = await this.seen(`knowing ${peerId}`, fits);
    return { at, peer: value as DiscoveredPeer };
  }

  async loses(peerId: string, { after = 0 }: { after?: number } = {}): Promise<{ at: number; reason: string }> {
    const { at, value } = await this.seen(
      `losing ${peerId}`,
      (event) => event.event === 'lost' && event.at >= after && (event.value as { peerId: string }).peerId === peerId,
    );
    return { at, reason: (value as { reason: string }).reason };
  }

  reconfirm(peerId: string): void {
    this.say(peerId);
  }
}
