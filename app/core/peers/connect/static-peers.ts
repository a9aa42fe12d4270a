import type { Multiaddr } from '@multiformats/multiaddr';
import { LanspreadError } from '../../base/index.ts';
import { parseAddress, peerIdOf } from './addresses.ts';
import { parseStaticHost } from '../discovery/prober.ts';
import type { StaticHost } from '../discovery/types.ts';

interface StaticAddress {
  /** As it was given. */
  readonly text: string;
  readonly address: Multiaddr;
  readonly peerId: string | undefined;
}

/** What the user's list of peers means: addresses to dial, and hosts to ask. Each once. Pure but for `onUnfit`. */
export function planStaticPeers(
  texts: readonly string[],
  onUnfit: (text: string, error: unknown) => void,
): { addresses: StaticAddress[]; hosts: StaticHost[] } {
  const addresses: StaticAddress[] = [];
  const hosts: StaticHost[] = [];
  for (const text of new Set(texts.map((given) => given.trim()))) {
    try {
      if (text.startsWith('/')) {
        const address = parseAddress(text);
        addresses.push({ text, address, peerId: peerIdOf(address) });
      } else hosts.push(hostOf(text));
    } catch (error) {
      onUnfit(text, error);
    }
  }
  return { addresses, hosts };
}

function hostOf(text: string): StaticHost {
  const host = parseStaticHost(text);
  if (host) return host;
  throw new LanspreadError('INVALID_ADDRESS', {
    message: `${JSON.stringify(text.slice(0, 200))} is not a valid address.`,
    details: { address: text.slice(0, 200) },
  });
}
