/** Streamed installs between two roots of one lab, without the way in between. */
import * as assert from 'uvu/assert';
import { blake3Hex, parseGameId } from '../../app/core/base/index.ts';
import { openPayloadContent } from '../../app/core/install/index.ts';
import type { InstallLab } from './install-lab.ts';
import { pouringOf, wholeOf } from './pouring.ts';
import type { ContentSender } from '../../app/core/content/index.ts';

const signal = AbortSignal.timeout(120_000);

/** What another PC would send, without the way in between. */
function senderOf(lab: InstallLab, root: string): ContentSender {
  return {
    peerId: 'sender',
    async open() {
      const content = await openPayloadContent(lab.context, root, { signal });
      const hashes: string[] = [];
      return {
        entries: content.entries,
        totalBytes: content.totalBytes,
        hashes,
        pour: pouringOf(async function* () {
          const all: Buffer[] = [];
          for await (const piece of wholeOf(content, signal)) all.push(Buffer.from(piece));
          const whole = Buffer.concat(all);
          assert.is(whole.length, content.totalBytes, 'copies are not sent');
          let at = 0;
          for (const { kind, size, copyOf } of content.entries)
            if (kind === 'file' && copyOf === undefined) hashes.push(blake3Hex(whole.subarray(at, (at += size))));
          yield whole;
        }),
        async [Symbol.asyncDispose]() {},
      };
    },
  };
}

/** Installs what is downloaded in `from` into the root `streamed`, as another PC without the payload would. */
export async function streamTo(lab: InstallLab, root: string, from: string): Promise<void> {
  const request = { gameId: parseGameId('streamed'), version: '1.0', root, payloadBytes: 100_000 };
  const told = { onBegin() {}, onProgress() {}, onSenderFailed() {} };
  await lab.installer.streamedInstall({ ...request, senders: [senderOf(lab, from)] }, told, { signal });
}
