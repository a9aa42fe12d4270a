import type { Sink } from '../../../extension-api/index.ts';
import { maxPieceBytes, toHost } from '../wire/index.ts';
import type { HostLink } from './host-link.ts';

/** Smaller pieces are put together before they are sent. */
const worthSendingBytes = 256 * 1024;

/** Gives the content of an archive to the host; each step waits until the host has taken the one before. */
export function sinkTo(link: HostLink, callId: number, signal: AbortSignal): Sink {
  const ask = (method: string, params: object): Promise<unknown> => link.ask(method, { callId, ...params }, signal);

  const send = async (bytes: Uint8Array): Promise<void> => {
    for (let from = 0; from < bytes.length; from += maxPieceBytes)
      await ask(toHost.writeEntry, { bytes: bytes.subarray(from, from + maxPieceBytes) });
  };

  return {
    async directory(path) {
      await ask(toHost.beginEntry, { path, kind: 'directory' });
      await ask(toHost.endEntry, {});
    },
    async file(path, content) {
      await ask(toHost.beginEntry, { path, kind: 'file' });
      let waiting: Uint8Array[] = [];
      let waitingBytes = 0;
      const flush = async (): Promise<void> => {
        if (waitingBytes === 0) return;
        const pieces = waiting;
        waiting = [];
        waitingBytes = 0;
        await send(pieces.length === 1 ? (pieces[0] ?? Buffer.alloc(0)) : Buffer.concat(pieces));
      };
      for await (const piece of content instanceof Uint8Array ? [content] : content) {
        // A copy where it has to wait: the author may use the memory again for the next piece.
        const isLarge = piece.length >= worthSendingBytes;
        if (isLarge) await flush();
        waiting.push(isLarge ? piece : Buffer.from(piece));
        waitingBytes += piece.length;
        if (waitingBytes >= worthSendingBytes) await flush();
      }
      await flush();
      await ask(toHost.endEntry, {});
    },
  };
}
