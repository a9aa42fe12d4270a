import type { Connection } from '@libp2p/interface';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError } from '../../../../app/core/base/index.ts';
import { Answering } from '../../../../app/core/peers/session/answering.ts';
import type { LibP2pStream } from '../../../../app/core/peers/session/peer-stream.ts';
import type { RawHandler } from '../../../../app/core/peers/session/stream-host.ts';
import { protocols } from '../../../../app/core/protocol/index.ts';
import { failure } from '../../../support/failure.ts';

const test = suite('what keeps a session');

test('a peer that hangs up right behind its goodbye is lost with the goodbye', async () => {
  const handlers = new Map<string, RawHandler>();
  const ends: string[] = [];
  const answering = new Answering({
    // oxlint-disable-next-line -- of each only what a goodbye needs
    streams: { serve: async (protocol: string, handler: RawHandler) => void handlers.set(protocol, handler) } as never,
    // oxlint-disable-next-line -- as above
    sessions: { end: (_: string, reason: string) => void ends.push(reason) } as never,
    // oxlint-disable-next-line -- as above
    greeter: {} as never,
    passingOn: undefined as never,
    room: undefined,
  });
  await answering.serve();
  const stream: Pick<LibP2pStream, 'peerId' | 'readMessage' | 'close'> = {
    peerId: 'ann',
    // oxlint-disable-next-line -- a goodbye says nothing
    readMessage: async () => ({}) as never,
    close: async () => {
      ends.push('closed');
      throw new LanspreadError('PEER_GONE');
    },
  };
  const handler = handlers.get(protocols.goodbye);
  // oxlint-disable-next-line -- no more of either is used
  const answered = failure(handler?.(stream as LibP2pStream, {} as Connection) ?? Promise.resolve());
  assert.is((await answered).code, 'PEER_GONE');
  assert.equal(ends, ['goodbye', 'closed']);
});

test.run();
