import type { Connection } from '../connection.ts';
import { isText, jsonArrayOf, numberOf, textOf } from '../row.ts';
import type { KnownPeer, PeerRepository } from '../types.ts';

/** More than any hall holds. The peers seen longest ago are forgotten, so that a flood of identities cannot fill the disk. */
export const maxKnownPeers = 1_000;

export function peerRepository(connection: Connection): PeerRepository {
  const every = connection.query<[], KnownPeer>('SELECT * FROM peer ORDER BY last_seen_at DESC, peer_id', (row) => ({
    peerId: textOf(row, 'peer_id'),
    name: textOf(row, 'name'),
    addresses: jsonArrayOf(row, 'addresses', isText),
    lastSeenAt: numberOf(row, 'last_seen_at'),
  }));
  const put = connection.command<[string, string, string, number]>(
    'INSERT OR REPLACE INTO peer (peer_id, name, addresses, last_seen_at) VALUES (?, ?, ?, ?)',
  );
  const trim = connection.command<[number]>(
    'DELETE FROM peer WHERE peer_id IN (SELECT peer_id FROM peer ORDER BY last_seen_at DESC LIMIT -1 OFFSET ?)',
  );
  return {
    all: () => every.all(),
    put({ peerId, name, addresses, lastSeenAt }) {
      connection.transaction(() => {
        put(peerId, name, JSON.stringify(addresses), lastSeenAt);
        trim(maxKnownPeers);
      });
    },
  };
}
