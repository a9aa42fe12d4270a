/** A peer that asks a running one for things that nobody offered it, past everything that an honest one would check. */
import { nodeFileSystem, parseGameId } from '../../app/core/base/index.ts';
import { describeRoot, WorkerBlockHasher } from '../../app/core/library/index.ts';
import { getGameReplySchema, laneReplySchema, protocols } from '../../app/core/protocol/index.ts';
import { labNode, type LabNode } from './network-lab.ts';
import type { PeerProcess } from './peer.ts';

const limitMs = 10_000;

export class RudeGuest implements AsyncDisposable {
  readonly #node: LabNode;
  readonly #host: PeerProcess;

  private constructor(node: LabNode, host: PeerProcess) {
    this.#node = node;
    this.#host = host;
  }

  static async at(host: PeerProcess): Promise<RudeGuest> {
    await using starting = new AsyncDisposableStack();
    const node = starting.use(await labNode());
    const address = host.addresses.find((text) => text.includes('/tcp/'));
    if (address === undefined) throw new Error(`${host.name} listens nowhere`);
    await node.network.connect(address, { signal: AbortSignal.timeout(limitMs) });
    starting.move();
    return new RudeGuest(node, host);
  }

  /** `ok`, or the code of the refusal. */
  async askManifest(id: string, version = '1.0'): Promise<string> {
    const stream = await this.#open(protocols.game);
    await stream.writeMessage({ id, version, rootOnly: true });
    const reply = await stream.readMessage(getGameReplySchema, 'reply');
    stream.abort(new Error('done'));
    return reply.ok ? 'ok' : reply.code;
  }

  /** The same of a block. */
  async askBlock(id: string, { manifestHash, file }: { manifestHash: string; file: string }): Promise<string> {
    const stream = await this.#open(protocols.blocks);
    await stream.writeMessage({ op: 'blocks', id, root: manifestHash, file, from: 0, count: 1 });
    const reply = await stream.readMessage(laneReplySchema, 'reply');
    stream.abort(new Error('done'));
    return reply.ok ? 'ok' : reply.code;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#node[Symbol.asyncDispose]();
  }

  #open(protocol: string) {
    return this.#node.network.open(this.#host.peerId, protocol, { signal: AbortSignal.timeout(limitMs) });
  }
}

/** The hash of the manifest of a game's folder. Of one without a sentinel any will do: nobody can know it. */
export async function hashOf(id: string, root: string): Promise<string> {
  await using hasher = new WorkerBlockHasher();
  const described = await describeRoot({ id: parseGameId(id), root }, { fileSystem: nodeFileSystem, hasher });
  return described?.manifestRoot ?? '0'.repeat(64);
}
