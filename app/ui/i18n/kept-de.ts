import type { ErrorCode } from '../../core/rpc/client.ts';

const blocks = 'Was schon geladen ist, bleibt erhalten.';
const download = 'Der Download bleibt erhalten.';
const downloadAndInstall = 'Der Download und das installierte Spiel bleiben erhalten.';
const catalogs = 'Die bisherigen Kataloge gelten weiter.';
const locked = 'Der Kioskmodus bleibt gesperrt.';
const othersGoOn =
  'Lanspread und alle anderen Erweiterungen laufen weiter; Downloads und Installiertes bleiben erhalten.';

/** What was kept, of the errors that leave something changed. A test holds it to the core's table. */
export const keptDe: Partial<Record<ErrorCode, string>> = {
  SHUTTING_DOWN: 'Downloads pausieren und behalten, was sie haben.',
  CANCELLED: 'Ein installiertes Spiel bleibt, wie es ist.',
  KIOSK_PIN_REQUIRED: 'Der Kioskmodus bleibt aus.',
  KIOSK_PIN_LOST: locked,
  WRONG_PIN: locked,
  TOO_MANY_ATTEMPTS: locked,
  STATE_CORRUPT: 'Sie wurde beiseitegelegt; deine Spiele sind unberührt.',
  DISK_FULL: blocks,
  FILE_TOO_LARGE: blocks,
  IO_ERROR: 'Downloads und installierte Spiele bleiben erhalten.',
  GAMES_DIR_LOST: 'Was darin liegt, ist unberührt.',
  CATALOG_INVALID: catalogs,
  CATALOG_NOT_FOUND: catalogs,
  CATALOG_UNSIGNED: catalogs,
  ROOM_KEY_INVALID: 'Es wurde nichts verändert; ohne den Schlüssel bleibt dieser PC allein.',
  PEER_GONE: blocks,
  PEER_TIMEOUT: blocks,
  NO_PEERS: 'Was du vorher hattest, bleibt erhalten.',
  NO_SOUND_SOURCE: blocks,
  BLOCK_CORRUPT: blocks,
  NO_ARCHIVE: download,
  NO_UNPACKER: download,
  ARCHIVE_CORRUPT: downloadAndInstall,
  ARCHIVE_ENCRYPTED: download,
  ARCHIVE_HOSTILE: 'Außerhalb wurde nichts geschrieben; der Download bleibt erhalten.',
  ARCHIVE_UNSUITABLE: downloadAndInstall,
  ARCHIVE_UNSUPPORTED: downloadAndInstall,
  VOLUME_MISSING: downloadAndInstall,
  UNPACKER_FAILED: downloadAndInstall,
  EXTENSION_CRASHED: othersGoOn,
  EXTENSION_TIMEOUT: othersGoOn,
  EXTENSION_MISBEHAVED: othersGoOn,
  INTERNAL: 'Downloads und installierte Spiele bleiben erhalten.',
};
