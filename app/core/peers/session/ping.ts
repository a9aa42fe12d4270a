import { randomBytes } from 'node:crypto';
import { asBuffer, LanspreadError, type IDisposable } from '../../base/index.ts';
import type { LibP2pStream } from './peer-stream.ts';

/** libp2p's ping: 32 bytes are sent back as they came, as often as the asking side likes. */
export const pingProtocol = '/ipfs/ping/1.0.0';
const pingBytes = 32;

/** Answers pings on one stream until it ends. `heard` is called for each. */
export async function answerPings(stream: LibP2pStream, heard: () => void): Promise<void> {
  for (let first = await nextPing(stream); first; first = await nextPing(stream)) {
    const rest = await stream.readBytes(pingBytes - first.length);
    heard();
    await stream.write(Buffer.concat([first, rest]));
  }
}

/** Undefined at the end. Nobody pings who hears the peer anyway, so a stream that idles has come to a good end. */
async function nextPing(stream: LibP2pStream): Promise<Uint8Array | undefined> {
  try {
    return await stream.readSome(pingBytes);
  } catch (error) {
    if (error instanceof LanspreadError && error.code === 'PEER_TIMEOUT') return undefined;
    throw error;
  }
}

/** Asks one peer for a sign of life, over one stream that stays: a new one costs several packets. */
export class Pinger implements IDisposable {
  readonly #open: () => Promise<LibP2pStream>;
  #stream: LibP2pStream | undefined;
  #isAsking = false;

  constructor(open: () => Promise<LibP2pStream>) {
    this.#open = open;
  }

  /** Resolves when the peer answered. An earlier ping that still waits is given up: its connection may be dead. */
  async ask(): Promise<void> {
    if (this.#isAsking || this.#stream?.ended.aborted) this.#drop(this.#stream);
    this.#isAsking = true;
    let stream = this.#stream;
    try {
      stream ??= await this.#open();
      this.#stream = stream;
      const sent = randomBytes(pingBytes);
      await stream.write(sent);
      const back = await stream.readBytes(pingBytes);
      if (!sent.equals(asBuffer(back)))
        throw new LanspreadError('BAD_MESSAGE', { message: 'A wrong answer to a ping.' });
    } catch (error) {
      this.#drop(stream);
      throw error;
    } finally {
      if (this.#stream === stream) this.#isAsking = false;
    }
  }

  [Symbol.dispose](): void {
    this.#drop(this.#stream);
  }

  #drop(stream: LibP2pStream | undefined): void {
    if (this.#stream === stream) {
      this.#stream = undefined;
      this.#isAsking = false;
    }
    stream?.[Symbol.dispose]();
  }
}
