/**
 * A client and the core prove to each other that they share a key, without sending it. The core proves first, because another
 * program may own the port of a core that has ended. For browsers and Node alike.
 */

const encoder = new TextEncoder();
/** The size of challenges and keys, in bytes. */
const nonceBytes = 32;

interface Challenge {
  /**
   * The port that the client dialled and on which the core listens, so that a proof relayed from another port does not fit.
   */
  readonly port: number;
  readonly clientNonce: string;
  readonly coreNonce: string;
}

interface Proofs {
  readonly core: string;
  readonly client: string;
}

export function newNonce(): string {
  return toHex(crypto.getRandomValues(new Uint8Array(nonceBytes)));
}

/** The proofs of both ends for one connection. */
export async function proofsOf(key: string, { port, clientNonce, coreNonce }: Challenge): Promise<Proofs> {
  const text = `${port} ${clientNonce} ${coreNonce}`;
  const [core, client] = await Promise.all([sign(key, `core ${text}`), sign(key, `client ${text}`)]);
  return { core, client };
}

/** Names a key without revealing it. */
export function keyIdOf(key: string): Promise<string> {
  return sign(key, 'id');
}

/**
 * The key of a window that stays open while its core is replaced. The next core knows this key, not the old token, and sends
 * the window its own token.
 */
export function windowKeyOf(token: string): Promise<string> {
  return sign(token, 'window');
}

async function sign(key: string, text: string): Promise<string> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const imported = await crypto.subtle.importKey('raw', encoder.encode(key), algorithm, false, ['sign']);
  return toHex(new Uint8Array(await crypto.subtle.sign('HMAC', imported, encoder.encode(`lanspread rpc ${text}`))));
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Takes the same time for a wrong text as for the right one. */
export function isSameText(a: string, b: string): boolean {
  let difference = a.length ^ b.length;
  for (let at = 0; at < a.length; at += 1) difference |= a.charCodeAt(at) ^ b.charCodeAt(at % Math.max(1, b.length));
  return difference === 0;
}
