/** The core's side of the proof: decides which client may give commands on a new WebSocket. */
import type { WebSocket } from 'ws';
import { z } from 'zod';
import { isSameText, keyIdOf, newNonce, proofsOf, windowKeyOf } from './proof.ts';

/** The close code for a client that shares no key with this core. */
const notAdmittedCode = 4401;
/** The time a client has to prove itself, in milliseconds. */
const admissionLimitMs = 5_000;
/** The most clients that may be proving themselves at once; one more replaces the oldest. */
const maxPending = 16;

const nonce = z.string().regex(/^[0-9a-f]{64}$/);
const helloSchema = z.object({ keys: z.array(z.string().max(64)).min(1).max(4), nonce });
const proofSchema = z.object({ proof: z.string().max(64) });

interface AdmissionOptions {
  readonly token: string;
  /** Keys of windows that an earlier core of this state folder let in. */
  readonly windowKeys: readonly string[];
  readonly port: () => number;
}

export interface Admitted {
  /** The client knows only an earlier core's token, so it has to be told the current one. */
  readonly isEarlierWindow: boolean;
}

export class Admission {
  readonly #port: () => number;
  /** By id, because a client names keys and never sends them. */
  readonly #keys: Promise<ReadonlyMap<string, { key: string } & Admitted>>;
  readonly #pending = new Set<WebSocket>();

  constructor({ token, windowKeys, port }: AdmissionOptions) {
    this.#port = port;
    this.#keys = this.#listKeys(token, windowKeys);
  }

  /** Calls back once the client has proven itself, in the turn of its last message; otherwise ends the connection. */
  begin(socket: WebSocket, onAdmitted: (admitted: Admitted) => void): void {
    const [oldest] = this.#pending;
    if (oldest && this.#pending.size >= maxPending) oldest.terminate();
    this.#pending.add(socket);
    const timer = setTimeout(() => socket.terminate(), admissionLimitMs);
    const end = (): void => {
      clearTimeout(timer);
      this.#pending.delete(socket);
      socket.off('close', end);
    };
    socket.once('close', end);
    const refuse = (): void => socket.close(notAdmittedCode, 'no key in common');
    socket.once('message', (hello: Buffer) => {
      this.#answer(socket, hello).then((expected) => {
        if (!expected) return refuse();
        socket.once('message', (message: Buffer) => {
          const given = proofSchema.safeParse(parseJson(message));
          if (!given.success || !isSameText(given.data.proof, expected.proof)) return refuse();
          end();
          onAdmitted(expected);
        });
        socket.send(expected.answer);
      }, refuse);
    });
  }

  async #answer(
    socket: WebSocket,
    message: Buffer,
  ): Promise<({ answer: string; proof: string } & Admitted) | undefined> {
    const hello = helloSchema.safeParse(parseJson(message));
    if (!hello.success || socket.readyState !== socket.OPEN) return undefined;
    const keys = await this.#keys;
    const id = hello.data.keys.find((each) => keys.has(each));
    const known = keys.get(id ?? '');
    if (id === undefined || !known) return undefined;
    const coreNonce = newNonce();
    const { core, client } = await proofsOf(known.key, {
      port: this.#port(),
      clientNonce: hello.data.nonce,
      coreNonce,
    });
    return {
      answer: JSON.stringify({ key: id, nonce: coreNonce, proof: core }),
      proof: client,
      isEarlierWindow: known.isEarlierWindow,
    };
  }

  async #listKeys(
    token: string,
    windowKeys: readonly string[],
  ): Promise<ReadonlyMap<string, { key: string } & Admitted>> {
    const all = [
      ...windowKeys.map((key) => ({ key, isEarlierWindow: true })),
      // For a window of this same core whose connection broke.
      { key: await windowKeyOf(token), isEarlierWindow: false },
      { key: token, isEarlierWindow: false },
    ];
    return new Map(await Promise.all(all.map(async (each) => [await keyIdOf(each.key), each] as const)));
  }
}

function parseJson(message: Buffer): unknown {
  try {
    return JSON.parse(message.toString());
  } catch {
    return undefined;
  }
}
