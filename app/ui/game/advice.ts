/** The button that does what an error advises: one table for cards, pages and notices. Pure. */
import type { GameView } from '../../core/rpc/contract.ts';
import type { MessageKey } from '../i18n/messages/index.ts';
import type { Screen } from '../frame/screens.ts';

/** A command of the core, given for one game. */
export type GameCommand =
  | 'download'
  | 'resume'
  | 'install'
  | 'update'
  | 'play'
  | 'stop'
  | 'cancel'
  | 'verify'
  | 'repair'
  | 'uninstall'
  | 'removeDownload'
  | 'streamInstall'
  | 'revealFiles';

export type Step =
  | { readonly label: MessageKey; readonly command: GameCommand }
  | { readonly label: MessageKey; readonly screen: Screen; readonly section?: string }
  /** Asks which of the contents that the PCs hold to get. */
  | { readonly label: MessageKey; readonly question: 'content' };

const toFolder: Step = { label: 'advice.folder', screen: 'settings', section: 'folder' };
const toNetwork: Step = { label: 'advice.network', screen: 'settings', section: 'network' };
const toCatalogs: Step = { label: 'advice.catalogs', screen: 'settings', section: 'catalogs' };
const toExtensions: Step = { label: 'advice.extensions', screen: 'extensions' };
const viewFiles: Step = { label: 'do.reveal', command: 'revealFiles' };

/** Errors with a better next step than trying again. A test keeps this table and the error texts in agreement. */
export const steps: Readonly<Record<string, Step>> = {
  NOT_DOWNLOADED: { label: 'action.get', command: 'download' },
  NOT_INSTALLED: { label: 'action.install', command: 'install' },
  INSTALLED: { label: 'do.uninstall', command: 'uninstall' },
  ALREADY_DOWNLOADED: { label: 'action.install', command: 'install' },
  UP_TO_DATE: { label: 'action.play', command: 'play' },
  NOT_RESUMABLE: { label: 'action.get', command: 'download' },
  NO_LAUNCH: viewFiles,
  PLAY_FAILED: viewFiles,
  LAUNCH_MISSING: { label: 'do.uninstall', command: 'uninstall' },
  UNSAFE_ROOT: viewFiles,
  NO_ARCHIVE: { label: 'do.verify', command: 'verify' },
  UNPACKER_FAILED: { label: 'do.verify', command: 'verify' },
  ARCHIVE_CORRUPT: { label: 'do.repair', command: 'repair' },
  ARCHIVE_ENCRYPTED: { label: 'do.remove', command: 'removeDownload' },
  ARCHIVE_HOSTILE: { label: 'do.remove', command: 'removeDownload' },
  NO_UNPACKER: toExtensions,
  EXTENSION_DISABLED: toExtensions,
  EXTENSION_INCOMPATIBLE: toExtensions,
  EXTENSION_MISBEHAVED: toExtensions,
  PERMISSION_DENIED: toFolder,
  GAMES_DIR_LOST: toFolder,
  MANIFEST_TIE: { label: 'advice.choose', question: 'content' },
  ROOM_CLOSED: toNetwork,
  ROOM_KEY_INVALID: toNetwork,
  CATALOG_UNSIGNED: toCatalogs,
  NOT_IN_CATALOG: toCatalogs,
};

export function stepOf(code: string): Step | undefined {
  return Object.hasOwn(steps, code) ? steps[code] : undefined;
}

type Retried = Pick<GameView, 'resumable' | 'installed' | 'downloaded' | 'updateAvailable' | 'lastFailure'>;

/** The command that repeats what failed. */
export function retryOf(game: Retried): GameCommand {
  switch (game.lastFailure?.operation) {
    case 'Playing':
      return 'play';
    case 'Verifying':
      return 'verify';
    case 'Repairing':
      return 'repair';
    case 'Uninstalling':
      return 'uninstall';
    case 'Removing':
      return 'removeDownload';
    case 'Updating':
      return game.updateAvailable ? 'update' : 'install';
    case 'Streaming':
      return 'streamInstall';
    default:
  }
  if (game.resumable) return 'resume';
  if (game.installed) return game.updateAvailable ? 'update' : 'play';
  return game.downloaded && !game.updateAvailable ? 'install' : 'download';
}

/** Deletes something: asked about first, wherever it is offered. */
export function needsQuestion(command: GameCommand): command is 'uninstall' | 'removeDownload' | 'stop' {
  return command === 'uninstall' || command === 'removeDownload' || command === 'stop';
}
