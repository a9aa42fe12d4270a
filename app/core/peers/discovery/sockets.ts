import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { MutableDisposable, type Clock, type IDisposable } from '../../base/index.ts';
import type { Link } from './interfaces.ts';
import type { AddressFamily } from './types.ts';

/** Where multicast DNS lives; other values only in tests. */
export interface MulticastPlace {
  readonly port: number;
  readonly groupV4: string;
  readonly groupV6: string;
}

export const standardPlace: MulticastPlace = { port: 5353, groupV4: '224.0.0.251', groupV6: 'ff02::fb' };

interface SocketOptions {
  family: AddressFamily;
  address?: string;
  /** 0: any free one. */
  port: number;
  /** Shares the port with other programs that agree to. */
  shared?: boolean;
}

/** A bound socket. Rejects when the system refuses; closes itself then. */
export async function openSocket({ family, address, port, shared = false }: SocketOptions): Promise<Socket> {
  const socket = createSocket({
    type: family === 'IPv4' ? 'udp4' : 'udp6',
    reuseAddr: shared,
    ipv6Only: family === 'IPv6',
  });
  try {
    const listening = once(socket, 'listening');
    // Never the group's address: Windows refuses to bind it.
    socket.bind({ address: address ?? (family === 'IPv4' ? '0.0.0.0' : '::'), port, exclusive: true });
    await listening;
    return socket;
  } catch (error) {
    closeSocket(socket);
    throw error;
  }
}

/** Closes a socket in whatever state it is. */
export function closeSocket(socket: Socket): void {
  socket.removeAllListeners();
  // One that arrives while closing has no reader any more.
  socket.on('error', () => {});
  try {
    socket.close();
  } catch {
    // Closed already.
  }
}

export interface MulticastSocket {
  readonly socket: Socket;
  /** `browse-only`: another program holds the port for itself; answers still come to an ephemeral one. */
  readonly mode: 'full' | 'browse-only';
  readonly group: string;
}

const isPortTaken = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'EADDRINUSE' || error.code === 'EACCES');

/** A socket that speaks multicast DNS on one link. Rejects when multicast does not work there. */
export async function openMulticastSocket(
  link: Link,
  { port, groupV4, groupV6 }: MulticastPlace,
): Promise<MulticastSocket> {
  const { family, scope } = link;
  const group = family === 'IPv4' ? groupV4 : groupV6;
  const own = family === 'IPv4' ? link.addresses[0] : `::%${scope}`;
  let mode: MulticastSocket['mode'] = 'full';
  const socket = await openSocket({ family, port, shared: true }).catch((error: unknown) => {
    if (!isPortTaken(error)) throw error;
    mode = 'browse-only';
    return openSocket({ family, port: 0 });
  });
  try {
    if (mode === 'full') socket.addMembership(group, own);
    if (own) socket.setMulticastInterface(own);
    socket.setMulticastTTL(255);
    socket.setMulticastLoopback(true);
  } catch (error) {
    closeSocket(socket);
    throw error;
  }
  return { socket, mode, group: family === 'IPv4' ? group : `${group}%${scope}` };
}

/** Sends one datagram. Resolves with what went wrong, or nothing; never throws. */
export function sendDatagram(
  socket: Socket,
  bytes: Buffer,
  { address, port }: { address: string; port: number },
): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  try {
    socket.send(bytes, port, address, (error) => resolve(error ?? undefined));
  } catch (error) {
    resolve(error);
  }
  return promise;
}

/** One timer for many schedules: set to the earliest of their times, and set again after each ring. */
export class Alarm implements IDisposable {
  readonly #clock: Clock;
  readonly #ring: () => void;
  readonly #timer = new MutableDisposable<IDisposable>();
  #atMs: number | undefined;

  constructor(clock: Clock, ring: () => void) {
    this.#clock = clock;
    this.#ring = ring;
  }

  /** Rings at the earliest of these monotonic times; not at all when there is none. */
  set(...times: (number | undefined)[]): void {
    const atMs = Math.min(...times.filter((time) => time !== undefined));
    if (atMs === this.#atMs) return;
    this.#atMs = atMs;
    if (!Number.isFinite(atMs)) return this.#timer.clear();
    const delayMs = Math.max(0, Math.ceil(atMs - this.#clock.monotonicMs()));
    this.#timer.value = this.#clock.timeout(() => {
      this.#atMs = undefined;
      this.#ring();
    }, delayMs);
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
  }
}
