/** The messages between a shell and the core's process over Node's IPC channel. */

export type CoreMessage =
  | { readonly type: 'ready'; readonly url: string; readonly kiosk: boolean }
  | { readonly type: 'kiosk'; readonly kiosk: boolean };

export type ShellMessage = { readonly type: 'quit' };

/** Parsed by hand, because the NW.js background script carries this file and no schema library. */
export function parseCoreMessage(message: unknown): CoreMessage | undefined {
  if (typeof message !== 'object' || message === null || !('type' in message)) return undefined;
  const kiosk = 'kiosk' in message && message.kiosk === true;
  if (message.type === 'kiosk') return { type: 'kiosk', kiosk };
  if (message.type === 'ready' && 'url' in message && typeof message.url === 'string' && isLocal(message.url))
    return { type: 'ready', url: message.url, kiosk };
  return undefined;
}

export function isQuit(message: unknown): boolean {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'quit';
}

/** A shell opens only the core's own address. */
function isLocal(url: string): boolean {
  try {
    const { protocol, hostname } = new URL(url);
    return protocol === 'http:' && hostname === '127.0.0.1';
  } catch {
    return false;
  }
}
