import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allowKeeping, RingReader } from '../../base/index.ts';

const slotBytes = 1024 * 1024;
const slotCount = 8;
/** The system gives up to 100 KiB at a time. */
const shape = { slotBytes, readBytes: 128 * 1024, wantedFree: 1, lingerMs: 100 };

export interface ToolEnd {
  readonly pipe: ToolPipe;
  /** For the tool's stdio, and to be destroyed once the tool has it. */
  readonly far: Socket;
}

/**
 * What a tool prints, read ahead like what comes through a pipe of `spawn`, but into memory that is used again and without
 * a stream on the way: half the processor time. Beyond a few MiB the tool stands still. Not on Windows, whose tools cannot
 * be given a socket.
 */
export class ToolPipe implements AsyncIterable<Uint8Array>, Disposable {
  readonly #near: Socket;
  readonly #reader = new RingReader(new SharedArrayBuffer(slotCount * slotBytes), shape);
  readonly #closed = Promise.withResolvers<void>();
  #failure: unknown;

  /** Errors: the system's, where no socket can be made in the folder for temporary files. */
  static async open(): Promise<ToolEnd> {
    // Only its owner can read the folder.
    const folder = await mkdtemp(join(tmpdir(), 'lanspread-'));
    const server = createServer({ pauseOnConnect: true });
    try {
      const path = join(folder, 'out');
      server.listen(path);
      await once(server, 'listening');
      const connected = once(server, 'connection');
      const pipe = new ToolPipe(path);
      const failed = pipe.#closed.promise.then(() => {
        throw pipe.#failure ?? new Error('the socket for a tool was closed at once');
      });
      const [far] = (await Promise.race([connected, failed])) as [Socket];
      // Its end is the tool's from now on.
      failed.catch(() => {});
      return { pipe, far };
    } finally {
      server.close();
      await rm(folder, { recursive: true, force: true });
    }
  }

  private constructor(path: string) {
    const reader = this.#reader;
    allowKeeping(reader.memory, (byteOffset) => {
      const slot = reader.keep(byteOffset);
      return () => this.#taken(slot);
    });
    this.#near = connect({
      path,
      onread: { buffer: () => reader.room(), callback: (count) => reader.arrived(count) },
    });
    this.#near.on('error', (error) => (this.#failure ??= error));
    this.#near.once('close', () => {
      reader.end();
      this.#closed.resolve();
    });
  }

  /** Pieces, each valid until the next is asked for. Errors: the socket's. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    const reader = this.#reader;
    for (let place = await reader.next(); place; place = await reader.next()) {
      yield reader.bytesOf(place);
      this.#taken(place.slot);
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  [Symbol.dispose](): void {
    this.#reader[Symbol.dispose]();
    this.#near.destroy();
  }

  #taken(slot: number): void {
    this.#reader.taken(slot);
    if (!this.#reader.isTight && !this.#near.destroyed) this.#near.resume();
  }
}
