import { Helper } from '../bench.ts';
import type { Contestant } from './contestant.ts';

/** What is missing for it, in words. */
export function whyNoQuinn(): string | undefined {
  try {
    import.meta.resolve('@chainsafe/libp2p-quic');
    return undefined;
  } catch {
    return '@chainsafe/libp2p-quic is not installed';
  }
}

/** One file over raw quinn streams. It verifies nothing. */
export async function quinnContestant(source: string, file: string): Promise<Contestant> {
  await using stack = new AsyncDisposableStack();
  const sender = stack.use(new Helper('./transfer/quinn-peer.ts', [source, file]));
  const receiver = stack.use(new Helper('./transfer/quinn-peer.ts', [source, file]));
  const { port } = await sender.ask<{ port: number }>({ op: 'listen' });
  const owned = stack.move();
  return {
    name: 'raw quinn streams',
    run: async (target) => (await receiver.ask<{ ms: number }>({ op: 'fetch', target, port })).ms,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
