/** Opens the TLS lane and the control plane. */
import { randomBytes } from 'node:crypto';
import { resolve } from 'node:path';
import type { Ground } from './ground.ts';
import { isDiscoveryOn, listenHostsOf, uploadLimitsOf } from './options.ts';
import type { Library } from '../library/index.ts';
import {
  createDnsSdDiscovery,
  createPeerNetwork,
  readRoomKey,
  roomKeyBytes,
  type Identity,
  type PeerNetwork,
} from '../peers/index.ts';
import { createTlsLane, type Authorize, type TlsLane } from '../lanes/index.ts';
import type { ServeStream } from '../streamed/index.ts';

export async function openLane(
  { options, settings, clock, logger }: Ground,
  { identity, authorize, serveStream }: { identity: Identity; authorize: Authorize; serveStream: ServeStream },
): Promise<TlsLane> {
  return await createTlsLane({
    peerId: identity.peerId,
    listenHosts: listenHostsOf(options),
    port: options.lanePort ?? settings.get('lanePort') ?? undefined,
    authorize,
    serveStream,
    clock,
    logger,
    uploadLimits: uploadLimitsOf(settings),
  });
}

/** The static peers from the command line and from the setting. */
export function staticPeersOf({ options, settings }: Pick<Ground, 'options' | 'settings'>): string[] {
  return [...(options.peers ?? []), ...settings.get('staticPeers')];
}

/**
 * The key of a closed room, if the settings name one. A key that cannot be read closes the room completely: being alone is
 * safer than being open to everybody.
 */
async function roomKeyOf({
  options,
  settings,
  logger,
}: Pick<Ground, 'options' | 'settings' | 'logger'>): Promise<Buffer | undefined> {
  const named = settings.get('roomKeyFile');
  if (named === null) return undefined;
  try {
    return await readRoomKey(resolve(options.stateDir, named));
  } catch (error) {
    logger.error({ err: error }, 'The room key cannot be used; this PC stays alone.');
    return randomBytes(roomKeyBytes);
  }
}

/** Starts to listen. It contacts other peers in a later turn, so a listener that subscribes in this turn misses nothing. */
export async function openPeers(
  { options, settings, catalog, state, name, clock, logger }: Ground,
  { identity, library, lane }: { identity: Identity; library: Library; lane: TlsLane },
): Promise<PeerNetwork> {
  return await createPeerNetwork({
    identity,
    name,
    listenHosts: listenHostsOf(options),
    port: options.controlPort ?? settings.get('controlPort') ?? undefined,
    ...(isDiscoveryOn(options) && {
      discovery: (announcement) =>
        createDnsSdDiscovery({ announcement, clock, ...(options.listen && { listen: options.listen }) }),
    }),
    staticPeers: staticPeersOf({ options, settings }),
    knownPeers: state.peers,
    roomKey: await roomKeyOf({ options, settings, logger }),
    host: {
      library: () => library.snapshot(),
      lane: () => lane.offer(),
      isKnownGame: (id) => catalog.has(id),
      trustLane: (peerId, offer) => lane.trust(peerId, offer),
    },
    clock,
    logger,
  });
}
