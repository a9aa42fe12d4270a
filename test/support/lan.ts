/**
 * A LAN in one machine: a bridge and a host per name, each in a network namespace of its own. The bridge lives in a
 * namespace too, so the machine's own network is never touched and removing the namespaces removes everything.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';

export interface LanHost {
  readonly name: string;
  readonly namespace: string;
  readonly address: string;
}

const prefix = 'lanspread-';
const interfaceName = 'eth0';
/** A rule about what comes in from the LAN, before any other. */
const arrival = ['pref', '10', 'iif', interfaceName];
let labs = 0;

function ip(...args: string[]): string {
  return execFileSync('ip', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 10_000 });
}

function namespaces(): string[] {
  return ip('netns', 'list')
    .split('\n')
    .map((line) => line.split(' ')[0] ?? '')
    .filter((name) => name !== '');
}

let reason: string | undefined | null = null;

/** Why no LAN can be made here, or undefined when it can: needs Linux, root and iproute2. */
export function whyNoLan(): string | undefined {
  if (reason === null) reason = findReason();
  return reason;
}

function findReason(): string | undefined {
  if (process.platform !== 'linux') return 'needs Linux network namespaces';
  if (process.getuid?.() !== 0) return 'needs root for network namespaces';
  const probe = `${prefix}${process.pid}-probe`;
  try {
    removeLeftovers();
    ip('netns', 'add', probe);
    ip('-n', probe, 'link', 'add', 'br0', 'type', 'bridge');
    ip('-n', probe, 'link', 'add', 'p0', 'type', 'veth', 'peer', 'name', 'p1');
    return undefined;
  } catch (error) {
    const detail = error instanceof Error ? (error.message.split('\n')[1] ?? error.message) : String(error);
    return `needs iproute2 with network namespaces, bridges and veth (${detail.trim()})`;
  } finally {
    removeNamespace(probe);
  }
}

/** Namespaces of test processes that were killed before they could clean up. */
function removeLeftovers(): void {
  const alive = new Set(readdirSync('/proc'));
  for (const name of namespaces()) {
    const owner = name.startsWith(prefix) ? name.slice(prefix.length).split('-')[0] : undefined;
    if (owner !== undefined && /^\d+$/.test(owner) && !alive.has(owner)) removeNamespace(name);
  }
}

function removeNamespace(name: string): void {
  try {
    ip('netns', 'del', name);
  } catch {
    // It is gone, or was never made.
  }
}

export class Lan implements Disposable {
  readonly hosts: readonly LanHost[];
  readonly #switch: string;
  readonly #made: string[] = [];
  readonly #withRules = new Set<string>();
  readonly #removeNow = (): void => this[Symbol.dispose]();

  /** Throws when `whyNoLan()` has a reason, and then leaves nothing behind. */
  constructor(hostNames: readonly string[]) {
    const why = whyNoLan();
    if (why !== undefined) throw new Error(why);
    labs += 1;
    const id = `${prefix}${process.pid}-${labs}`;
    this.#switch = `${id}-switch`;
    process.once('exit', this.#removeNow);
    try {
      this.#addSwitch(this.#switch);
      this.hosts = hostNames.map((name, index) => this.#addHost(`${id}-${name}`, name, index));
    } catch (error) {
      this[Symbol.dispose]();
      throw error;
    }
  }

  /** Throws when there is no host of this name. */
  host(name: string): LanHost {
    const found = this.hosts.find((host) => host.name === name);
    if (!found) throw new Error(`there is no host ${name}`);
    return found;
  }

  /** Pulls the host's cable out of the switch, or puts it back. */
  plug(name: string, state: 'in' | 'out'): void {
    const index = this.hosts.indexOf(this.host(name));
    ip('-n', this.#switch, 'link', 'set', `port${index}`, state === 'in' ? 'up' : 'down');
  }

  /** Plugs the host into a second LAN, too, which shares nothing with the first. Returns its address there. */
  joinSecond(name: string): string {
    const { namespace } = this.host(name);
    const second = `${this.#switch}-2`;
    if (!this.#made.includes(second)) this.#addSwitch(second);
    const index = this.hosts.indexOf(this.host(name));
    const [port, address] = [`port${index}`, `10.78.0.${index + 1}`];
    ip('-n', second, 'link', 'add', port, 'type', 'veth', 'peer', 'name', 'eth1', 'netns', namespace);
    ip('-n', second, 'link', 'set', port, 'master', 'br0', 'up');
    ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', 'eth1');
    ip('-n', namespace, 'link', 'set', 'eth1', 'up');
    return address;
  }

  /**
   * A firewall in front of a host: what comes for it is dropped without a word. Without a port all of the protocol is,
   * but for broadcast and multicast; with one only what begins there, as a firewall does that lets answers in.
   */
  dropInbound(name: string, { protocol, port }: { protocol: 'udp' | 'tcp'; port?: number }): void {
    const { namespace, address } = this.host(name);
    this.#makeRoomForRules(namespace);
    const which = port === undefined ? [] : ['dport', String(port)];
    ip('-n', namespace, 'rule', 'add', ...arrival, 'to', address, 'ipproto', protocol, ...which, 'blackhole');
  }

  /** The firewall is gone again. */
  dropNothing(name: string): void {
    const { namespace } = this.host(name);
    for (;;) {
      try {
        ip('-n', namespace, 'rule', 'del', 'pref', '10');
      } catch {
        return;
      }
    }
  }

  /** The host's own packets are at most so large, and larger ones never reach it; 1500 is usual. */
  limitPackets(name: string, mtuBytes: number): void {
    ip('-n', this.host(name).namespace, 'link', 'set', 'dev', interfaceName, 'mtu', String(mtuBytes));
  }

  /** The switch swallows packets to and from the host that are larger than this, and tells nobody. */
  swallowPackets(name: string, { over }: { over: number }): void {
    const index = this.hosts.indexOf(this.host(name));
    ip('-n', this.#switch, 'link', 'set', 'dev', `port${index}`, 'mtu', String(over));
    // Packets that the kernel would cut later pass for small ones.
    for (const { namespace } of this.hosts)
      ip('-n', namespace, 'link', 'set', 'dev', interfaceName, 'gso_max_segs', '1');
  }

  /** What a host has sent so far, in bytes, frames and all. */
  sentBytes(name: string): number {
    const [link] = JSON.parse(ip('-n', this.host(name).namespace, '-s', '-j', 'link', 'show', interfaceName)) as {
      stats64: { tx: { bytes: number } };
    }[];
    if (!link) throw new Error(`${name} has no interface`);
    return link.stats64.tx.bytes;
  }

  [Symbol.dispose](): void {
    process.off('exit', this.#removeNow);
    for (const name of this.#made.splice(0)) removeNamespace(name);
  }

  /** The table of the host's own addresses is asked first by default; rules that drop have to come before it. */
  #makeRoomForRules(namespace: string): void {
    if (this.#withRules.has(namespace)) return;
    this.#withRules.add(namespace);
    ip('-n', namespace, 'rule', 'add', 'pref', '100', 'lookup', 'local');
    ip('-n', namespace, 'rule', 'del', 'pref', '0');
  }

  #addNamespace(name: string): void {
    ip('netns', 'add', name);
    this.#made.push(name);
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }

  #addSwitch(name: string): void {
    this.#addNamespace(name);
    // Without a multicast router on the LAN, snooping only delays what a simple switch floods.
    ip('-n', name, 'link', 'add', 'br0', 'type', 'bridge', 'mcast_snooping', '0');
    ip('-n', name, 'link', 'set', 'br0', 'up');
  }

  #addHost(namespace: string, name: string, index: number): LanHost {
    const [port, address] = [`port${index}`, `10.77.0.${index + 1}`];
    this.#addNamespace(namespace);
    ip('-n', this.#switch, 'link', 'add', port, 'type', 'veth', 'peer', 'name', interfaceName, 'netns', namespace);
    ip('-n', this.#switch, 'link', 'set', port, 'master', 'br0', 'up');
    ip('-n', namespace, 'address', 'add', `${address}/24`, 'dev', interfaceName);
    ip('-n', namespace, 'link', 'set', interfaceName, 'up');
    return { name, namespace, address };
  }
}
