import type { X509Certificate } from 'node:crypto';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import type { AddressInfo, Socket } from 'node:net';
import { type GetBlocks, limits, type StreamInstall } from '../../../protocol/index.ts';
import type { ErrorCode } from '../../../base/index.ts';
import type { ServePlan } from '../../types.ts';
import { type Credentials, normalizeFingerprint, ownerOf, tlsOptions } from '../certificate.ts';
import type { ToWorker } from '../messages.ts';
import { ServerConnection } from './server-connection.ts';

const handshakeLimitMs = 10_000;
/** A peer's lane client opens two per worker; some more may be on their way out. */
const connectionsPerPeer = 8;

interface LaneServerHost {
  asked(facts: { connectionId: number; requestId: number; peerId: string; request: GetBlocks }): void;
  askedStream(facts: { connectionId: number; requestId: number; peerId: string; request: StreamInstall }): void;
  fed(connectionId: number): void;
  answered(facts: { connectionId: number; requestId: number; bytes: number }): void;
  need(connectionId: number, peerId: string): void;
  sent(peerId: string, bytes: number): void;
  closed(connectionId: number): void;
  /** A listener is gone, and not because it was told to. */
  listenerLost(): void;
  warn(facts: object, message: string): void;
}

/** One worker's listeners. Lets in who shows a certificate of a session, nobody else. */
export class LaneServer {
  readonly #credentials: Credentials;
  readonly #host: LaneServerHost;
  readonly #servers: Server[] = [];
  /** The peers that claim a certificate, by its fingerprint, in the order of their claims. */
  readonly #claimants = new Map<string, Set<string>>();
  readonly #connections = new Map<number, { readonly peerId: string; readonly connection: ServerConnection }>();
  readonly #sockets = new Set<Socket>();
  /** Unfinished handshakes by address, and how each ends, by address and port. */
  readonly #handshakes = new Map<string, number>();
  readonly #handshakeEnds = new Map<string, () => void>();
  #nextConnectionId = 1;
  #isClosing = false;
  isMetered: boolean;

  constructor(credentials: Credentials, { host, isMetered }: { host: LaneServerHost; isMetered: boolean }) {
    this.#credentials = credentials;
    this.#host = host;
    this.isMetered = isMetered;
  }

  /** Listens; returns the ports in the same order. Rejects with the system's error. */
  async listen(addresses: readonly { readonly host: string; readonly port: number }[]): Promise<number[]> {
    const ports: number[] = [];
    for (const { host, port } of addresses) {
      const server = createServer({
        ...tlsOptions(this.#credentials),
        requestCert: true,
        // Every certificate here is self-signed; `#secured` compares its fingerprint.
        rejectUnauthorized: false,
        handshakeTimeout: handshakeLimitMs,
        noDelay: true,
      });
      this.#servers.push(server);
      server.maxConnections = limits.sessions * connectionsPerPeer;
      server.on('connection', (socket: Socket) => this.#connected(socket));
      server.on('secureConnection', (socket) => this.#secured(socket));
      server.on('tlsClientError', (error, socket) => {
        this.#host.warn({ remote: socket.remoteAddress, error: error.message }, 'lane handshake failed');
        socket.destroy();
      });
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      server.once('error', reject);
      server.listen({ host, port, exclusive: true, ipv6Only: host === '::' }, resolve);
      await promise;
      server.off('error', reject);
      // One connection that could not be accepted is not the listener's end.
      server.on('error', (error) => this.#host.warn({ error: error.message }, 'lane listener'));
      server.on('close', () => this.#isClosing || this.#host.listenerLost());
      // An address of a listening TCP server is an object, not a pipe's name.
      ports.push((server.address() as AddressInfo).port);
    }
    return ports;
  }

  /** Whose certificate this is; undefined forgets the peer. What it had open under another certificate is cut. */
  trust(peerId: string, fingerprint: string | undefined): void {
    for (const [known, claimants] of this.#claimants) {
      if (known !== fingerprint) claimants.delete(peerId);
      if (claimants.size === 0) this.#claimants.delete(known);
    }
    if (fingerprint !== undefined) {
      const claimants = this.#claimants.get(fingerprint) ?? new Set<string>();
      if (claimants.has(peerId)) return;
      this.#claimants.set(fingerprint, claimants.add(peerId));
    }
    for (const entry of Array.from(this.#connections.values())) {
      if (entry.peerId === peerId) entry.connection.destroy();
    }
  }

  serve(
    connectionId: number,
    requestId: number,
    reply: { plan: ServePlan } | { code: ErrorCode; message: string },
  ): void {
    this.#connections.get(connectionId)?.connection.serve(requestId, reply);
  }

  answerStream({ connectionId, requestId, step }: Extract<ToWorker, { kind: 'answer-stream' }>): void {
    this.#connections.get(connectionId)?.connection.answerStream(requestId, step);
  }

  grant(connectionId: number, bytes: number): void {
    this.#connections.get(connectionId)?.connection.grant(bytes);
  }

  check(nowMs: number): void {
    for (const { connection } of Array.from(this.#connections.values())) connection.check(nowMs);
  }

  close(): void {
    this.#isClosing = true;
    for (const server of this.#servers) server.close();
    for (const { connection } of Array.from(this.#connections.values())) connection.destroy();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Limits unfinished handshakes per address, so that strangers cannot pile them up. */
  #connected(socket: Socket): void {
    const remote = socket.remoteAddress ?? '';
    const pending = this.#handshakes.get(remote) ?? 0;
    if (pending >= limits.handshakesPerAddress) {
      socket.destroy();
      return;
    }
    this.#handshakes.set(remote, pending + 1);
    this.#sockets.add(socket);
    const key = remoteOf(socket);
    const done = (): void => {
      if (!this.#handshakeEnds.delete(key)) return;
      const left = (this.#handshakes.get(remote) ?? 1) - 1;
      if (left > 0) this.#handshakes.set(remote, left);
      else this.#handshakes.delete(remote);
    };
    this.#handshakeEnds.set(key, done);
    socket.once('close', () => {
      done();
      this.#sockets.delete(socket);
    });
  }

  #secured(socket: TLSSocket): void {
    this.#handshakeEnds.get(remoteOf(socket))?.();
    const peerId = this.#ownerOf(socket.getPeerX509Certificate());
    // Errors end in 'close'; there is nothing more to learn from them.
    socket.on('error', () => {});
    if (!peerId || socket.isSessionReused() || this.#countOf(peerId) >= connectionsPerPeer) {
      this.#host.warn({ remote: socket.remoteAddress, peerId }, 'lane connection refused');
      socket.destroy();
      return;
    }
    const connectionId = this.#nextConnectionId;
    this.#nextConnectionId += 1;
    const host = this.#host;
    const connection = new ServerConnection(
      socket,
      {
        isMetered: () => this.isMetered,
        asked: (requestId, request) => host.asked({ connectionId, requestId, peerId, request }),
        askedStream: (requestId, request) => host.askedStream({ connectionId, requestId, peerId, request }),
        fed: () => host.fed(connectionId),
        answered: (requestId, bytes) => host.answered({ connectionId, requestId, bytes }),
        need: () => host.need(connectionId, peerId),
        sent: (bytes) => host.sent(peerId, bytes),
        failed: (error) => host.warn({ peerId, ...error.toJSON() }, 'lane connection dropped'),
      },
      performance.now(),
    );
    this.#connections.set(connectionId, { peerId, connection });
    socket.once('close', () => {
      connection.closed();
      this.#connections.delete(connectionId);
      host.closed(connectionId);
    });
  }

  /** The peer that the certificate names, if it claims it. A certificate without a name belongs to its first claimant. */
  #ownerOf(certificate: X509Certificate | undefined): string | undefined {
    if (!certificate) return undefined;
    const claimants = this.#claimants.get(normalizeFingerprint(certificate.fingerprint256));
    const named = ownerOf(certificate);
    if (named === undefined) return claimants?.values().next().value;
    return claimants?.has(named) ? named : undefined;
  }

  #countOf(peerId: string): number {
    let count = 0;
    for (const entry of this.#connections.values()) if (entry.peerId === peerId) count += 1;
    return count;
  }
}

function remoteOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
