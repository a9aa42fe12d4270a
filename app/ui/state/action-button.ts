/**
 * The one button of a game: what it says, how it looks and what it does, from the snapshot and the progress of what runs.
 * Pure; the table of the whole launcher.
 */
import type { GameView } from '../../core/rpc/contract.ts';
import type { MessageKey } from '../i18n/messages/index.ts';
import { percentOf } from '../i18n/translate.ts';

export type GameCommand =
  | 'download'
  | 'resume'
  | 'install'
  | 'update'
  | 'play'
  | 'stop'
  | 'cancel'
  | 'repair'
  | 'uninstall'
  | 'streamInstall';

export type Tone = 'accent' | 'play' | 'quiet' | 'muted' | 'danger';

export interface ButtonFace {
  readonly label: MessageKey;
  readonly tone: Tone;
  /** What a press does; without one it opens the details, or nothing where it is disabled. */
  readonly command?: GameCommand;
  readonly disabled?: boolean;
  /** 0 to 100: how far it is filled. */
  readonly fill?: number;
}

export interface ActionFace {
  readonly main: ButtonFace;
  /** Stands beside it. */
  readonly second?: ButtonFace;
  /** It can be called off: from the card while it waits, else where there is room for one more button. */
  readonly cancel?: 'anywhere' | 'details';
  readonly line: LineFace;
}

export type LineFace =
  | { readonly kind: 'offer' }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'checking' }
  | { readonly kind: 'waiting' }
  | { readonly kind: 'transfer'; readonly done: number; readonly total: number }
  | { readonly kind: 'kept'; readonly done: number; readonly total: number }
  | { readonly kind: 'downloaded' }
  | { readonly kind: 'installed' }
  | { readonly kind: 'versions'; readonly from: string; readonly to: string }
  | { readonly kind: 'playing'; readonly since: number }
  | ({ readonly kind: 'failed' } & NonNullable<GameView['lastFailure']>);

export interface Running {
  readonly bytes: number;
  readonly totalBytes: number;
}

/** Failures that are a person's wish. */
const noFailure = new Set(['CANCELLED']);

export function actionOf(game: GameView, progress: Running | undefined): ActionFace {
  if (game.operation) return whileRunning(game.operation, progress);
  const { lastFailure } = game;
  if (lastFailure && !noFailure.has(lastFailure.code)) return afterFailure(game, lastFailure);
  if (game.resumable) {
    const { bytes, totalBytes } = game.resumable;
    const main: ButtonFace = { label: 'action.resume', tone: 'accent', command: 'resume' };
    return { main, ...besidePlay(game), line: { kind: 'kept', done: bytes, total: totalBytes } };
  }
  return atRest(game);
}

function besidePlay(game: GameView): { second?: ButtonFace } {
  return game.installed ? { second: { label: 'action.play', tone: 'play', command: 'play' } } : {};
}

function atRest(game: GameView): ActionFace {
  const update: ButtonFace = { label: 'action.update', tone: 'accent', command: 'update' };
  const versions = { kind: 'versions', from: hereVersion(game), to: game.version } as const;
  if (game.installed) {
    const main: ButtonFace = { label: 'action.play', tone: 'play', command: 'play' };
    if (game.updateAvailable) return { main, second: update, line: versions };
    return { main, line: { kind: 'installed' } };
  }
  if (game.downloaded) {
    const main: ButtonFace = { label: 'action.install', tone: 'accent', command: 'install' };
    if (game.updateAvailable) return { main: update, second: { ...main, tone: 'quiet' }, line: versions };
    return { main, line: { kind: 'downloaded' } };
  }
  if (game.peerCount > 0)
    return { main: { label: 'action.get', tone: 'accent', command: 'download' }, line: { kind: 'offer' } };
  return { main: { label: 'action.none', tone: 'muted', disabled: true }, line: { kind: 'nobody' } };
}

function hereVersion({ installed, installedVersion, localVersion }: GameView): string {
  return (installed ? (installedVersion ?? localVersion) : localVersion) ?? '?';
}

function whileRunning(operation: NonNullable<GameView['operation']>, progress: Running | undefined): ActionFace {
  const done = progress?.bytes ?? 0;
  const total = progress?.totalBytes ?? 0;
  const fill = percentOf(done, total);
  const bar = (label: MessageKey, plain: MessageKey): ButtonFace =>
    total > 0 ? { label, tone: 'quiet', fill } : { label: plain, tone: 'quiet' };
  const transfer: LineFace = total > 0 ? { kind: 'transfer', done, total } : { kind: 'offer' };
  switch (operation.kind) {
    case 'Queued':
      return { main: { label: 'action.queued', tone: 'quiet' }, cancel: 'anywhere', line: { kind: 'waiting' } };
    case 'CheckingPeers':
      return { main: { label: 'action.checking', tone: 'quiet' }, cancel: 'anywhere', line: { kind: 'checking' } };
    case 'Downloading':
      return { main: { label: 'action.downloading', tone: 'quiet', fill }, line: transfer };
    case 'Installing':
    case 'Streaming':
      return { main: bar('action.installing', 'action.installingPlain'), line: transfer };
    case 'Updating':
      return { main: bar('action.updating', 'action.updatingPlain'), line: transfer };
    case 'Verifying':
      return { main: bar('action.verifying', 'action.verifyingPlain'), cancel: 'details', line: transfer };
    case 'Repairing':
      return { main: bar('action.repairing', 'action.repairingPlain'), cancel: 'details', line: transfer };
    case 'Uninstalling':
      return { main: { label: 'action.uninstalling', tone: 'quiet' }, line: { kind: 'installed' } };
    case 'Removing':
      return { main: { label: 'action.removing', tone: 'quiet' }, line: { kind: 'downloaded' } };
    case 'Playing':
      return {
        main: { label: 'action.stop', tone: 'danger', command: 'stop' },
        line: { kind: 'playing', since: operation.startedAt },
      };
  }
}

function afterFailure(game: GameView, failure: NonNullable<GameView['lastFailure']>): ActionFace {
  const main: ButtonFace = { label: 'action.retry', tone: 'accent', command: retryOf(game) };
  return { main, ...besidePlay(game), line: { kind: 'failed', ...failure } };
}

function retryOf(game: GameView): GameCommand {
  if (game.resumable) return 'resume';
  if (game.installed) return game.updateAvailable ? 'update' : 'play';
  return game.downloaded && !game.updateAvailable ? 'install' : 'download';
}
