import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { allowKeeping, SlotRing, type RingPlace } from '../../base/index.ts';

const slotBytes = 1024 * 1024;
const slotCount = 8;
/** The system gives up to 100 KiB at a time. */
const shape = { slotBytes, readBytes: 128 * 1024, wantedFree: 1 };
/** What is there is handed on after so long though it is less than a piece, in milliseconds. */
const lingerMs = 100;

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
  readonly #memory = new SharedArrayBuffer(slotCount * slotBytes);
  readonly #ring = new SlotRing(this.#memory, shape);
  readonly #waiting: RingPlace[] = [];
  readonly #closed = Promise.withResolvers<void>();
  #linger: NodeJS.Timeout | undefined;
  #isOver = false;
  #failure: unknown;
  #wake: (() => void) | undefined;

  /** Errors: the system's, where no socket can be made in the folder for temporary files. */
  static async open(): Promise<ToolEnd> {
    // Nobody else gets at what is in it.
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
    allowKeeping(this.#memory, (byteOffset) => {
      const slot = this.#ring.keep(byteOffset);
      return () => this.#taken(slot);
    });
    this.#near = connect({
      path,
      onread: { buffer: () => this.#ring.room(), callback: (count) => this.#arrived(count) },
    });
    this.#near.on('error', (error) => (this.#failure ??= error));
    this.#near.once('close', () => {
      this.#handOn();
      this.#isOver = true;
      this.#wake?.();
      this.#closed.resolve();
    });
  }

  /** Pieces, each valid until the next is asked for. Errors: the socket's. */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, undefined> {
    for (;;) {
      const place = this.#waiting.shift();
      if (place) {
        yield new Uint8Array(this.#memory, place.start, place.end - place.start);
        this.#taken(place.slot);
      } else if (this.#isOver) break;
      else await this.#more();
    }
    if (this.#failure !== undefined) throw this.#failure;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#linger);
    this.#near.destroy();
  }

  /** For `onread`: whether more may come. */
  #arrived(count: number): boolean {
    if (this.#ring.add(count)) this.#handOn();
    else this.#linger ??= setTimeout(() => this.#handOn(), lingerMs);
    return !this.#ring.isTight;
  }

  #handOn(): void {
    clearTimeout(this.#linger);
    this.#linger = undefined;
    const place = this.#ring.handOn();
    if (!place) return;
    this.#waiting.push(place);
    this.#wake?.();
  }

  #taken(slot: number): void {
    this.#ring.taken(slot);
    if (!this.#ring.isTight && !this.#near.destroyed) this.#near.resume();
  }

  async #more(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    await promise;
    this.#wake = undefined;
  }
}
