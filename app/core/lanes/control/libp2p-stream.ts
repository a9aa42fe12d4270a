/** Streamed installs over the control lane, for peers whose TLS lane cannot be reached. */
import { abortError, LanspreadError } from '../../base/index.ts';
import { protocols, streamInstallSchema, type StreamMessage, type StreamReply } from '../../protocol/index.ts';
import type { PeerNetwork, PeerStream } from '../../peers/index.ts';
import { ContentFramer, messageFrame, type SectionSizes } from '../../streamed/index.ts';
import { pouring } from '../../streamed/index.ts';
import { receiveStream } from '../../streamed/index.ts';
import type { ByteRoad, ServeStream, StreamLane, StreamOutlet } from '../../streamed/index.ts';

const readBytes = 256 * 1024;

export function createLibp2pStreamLane(peers: Pick<PeerNetwork, 'open'>): StreamLane {
  return {
    async openStream(peerId, request, { signal }) {
      const stream = await peers.open(peerId, protocols.streamInstall, { signal });
      const road = new Libp2pRoad(stream, signal);
      try {
        await stream.writeMessage(request);
      } catch (error) {
        await road[Symbol.asyncDispose]();
        throw error;
      }
      return pouring(await receiveStream(road, { peerId, signal }), { signal });
    },
  };
}

class Libp2pRoad implements ByteRoad {
  readonly #stream: PeerStream;
  readonly #signal: AbortSignal;
  readonly #onAbort: () => void;

  constructor(stream: PeerStream, signal: AbortSignal) {
    this.#stream = stream;
    this.#signal = signal;
    this.#onAbort = () => stream.abort(abortError(signal));
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
  }

  async read(): Promise<Uint8Array | undefined> {
    return await this.#stream.readSome(readBytes);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#signal.removeEventListener('abort', this.#onAbort);
    // A stream that is over takes no notice.
    this.#stream.abort(new LanspreadError('CANCELLED', { message: 'The stream is not needed any more.' }));
  }
}

/** Serves the same requests as the byte lane, through the same gate and within the same limits. */
export function serveLibp2pStreams(peers: Pick<PeerNetwork, 'handle'>, serve: ServeStream): Disposable {
  return peers.handle(protocols.streamInstall, async (stream, { peerId, signal }) => {
    const request = await stream.readMessage(streamInstallSchema, 'StreamInstall');
    const outlet = new FramingOutlet((bytes) => stream.write(bytes));
    await serve(request, { peerId, outlet, signal: AbortSignal.any([signal, stream.ended]) });
  });
}

/** Makes the frames in this thread. */
class FramingOutlet implements StreamOutlet {
  readonly #write: (bytes: Uint8Array) => Promise<void>;
  #framer = new ContentFramer([]);

  constructor(write: (bytes: Uint8Array) => Promise<void>) {
    this.#write = write;
  }

  async say(message: StreamMessage | StreamReply): Promise<void> {
    await this.#write(messageFrame(message));
  }

  expect(sizes: SectionSizes): void {
    this.#framer = new ContentFramer(sizes);
  }

  async content(section: number, bytes: Uint8Array): Promise<void> {
    for (const part of this.#framer.content(section, bytes)) await this.#write(part);
  }

  async endSection(section: number): Promise<void> {
    for (const part of this.#framer.end(section)) await this.#write(part);
  }
}
