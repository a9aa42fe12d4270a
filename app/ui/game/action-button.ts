/**
 * The button of a game: label, look and action, from the snapshot and the progress.
 * Pure.
 */
import type { GameView } from '../../core/rpc/contract.ts';
import type { MessageKey } from '../i18n/messages/index.ts';
import { percentOf } from '../i18n/translate.ts';
import { retryOf, stepOf, type GameCommand, type Step } from './advice.ts';

type Tone = 'accent' | 'play' | 'quiet' | 'muted' | 'danger';

export interface ButtonFace {
  readonly label: MessageKey;
  readonly tone: Tone;
  /** What a press does. Without a step it opens the game's page. */
  readonly step?: Step;
  /** It only informs; a press does nothing. */
  readonly isInert?: boolean;
  /** 0 to 100: how far it is filled. */
  readonly fill?: number;
}

interface ActionFace {
  /** Undefined where nothing can be done now. */
  readonly main?: ButtonFace;
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
  | { readonly kind: 'unlisted' }
  | { readonly kind: 'installed' }
  | { readonly kind: 'versions'; readonly from: string; readonly to: string }
  | { readonly kind: 'launching' }
  | { readonly kind: 'playing'; readonly since: number }
  | ({ readonly kind: 'failed' } & NonNullable<GameView['lastFailure']>);

interface Running {
  readonly bytes: number;
  readonly totalBytes: number;
}

/** Failures that are a person's wish. */
const noFailure = new Set(['CANCELLED']);

export function actionOf(game: GameView, progress: Running | undefined, isLaunching = false): ActionFace {
  if (isLaunching && (game.operation === undefined || game.operation.kind === 'Playing'))
    return { main: { label: 'action.launching', tone: 'play', isInert: true }, line: { kind: 'launching' } };
  if (game.operation) return whileRunning(game.operation, progress);
  const { lastFailure } = game;
  if (lastFailure && !noFailure.has(lastFailure.code)) return afterFailure(game, lastFailure);
  if (game.resumable) {
    const { bytes, totalBytes } = game.resumable;
    const main = act('action.resume', 'accent', 'resume');
    return { main, ...besidePlay(game), line: { kind: 'kept', done: bytes, total: totalBytes } };
  }
  return atRest(game);
}

function act(label: MessageKey, tone: Tone, command: GameCommand): ButtonFace {
  return { label, tone, step: { label, command } };
}

const play = act('action.play', 'play', 'play');

function besidePlay(game: GameView): { second?: ButtonFace } {
  return game.installed ? { second: play } : {};
}

function atRest(game: GameView): ActionFace {
  const update = act('action.update', 'accent', 'update');
  const versions = { kind: 'versions', from: hereVersion(game), to: game.version } as const;
  if (game.installed) {
    if (game.updateAvailable) return { main: play, second: update, line: versions };
    return { main: play, line: { kind: game.noLongerListed ? 'unlisted' : 'installed' } };
  }
  if (game.downloaded) {
    const install = act('action.install', 'accent', 'install');
    if (game.updateAvailable) return { main: update, second: { ...install, tone: 'quiet' }, line: versions };
    return { main: install, line: { kind: game.noLongerListed ? 'unlisted' : 'downloaded' } };
  }
  if (game.peerCount > 0) return { main: act('action.get', 'accent', 'download'), line: { kind: 'offer' } };
  return { line: { kind: 'nobody' } };
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
        main: act('action.stop', 'quiet', 'stop'),
        line: { kind: 'playing', since: operation.startedAt },
      };
  }
}

/** The main button is what the failure's text advises. Beside it stands trying again, or playing what is installed. */
function afterFailure(game: GameView, failure: NonNullable<GameView['lastFailure']>): ActionFace {
  const line = { kind: 'failed', ...failure } as const;
  const retry = retryOf(game);
  const again = act('action.retry', 'accent', retry);
  const advised = stepOf(failure.code);
  if (!advised) {
    if (retry === 'download' && game.peerCount === 0 && !game.downloaded) return { line };
    return { main: again, ...(retry !== 'play' && besidePlay(game)), line };
  }
  const main: ButtonFace = { label: advised.label, tone: 'accent', step: advised };
  const others = game.installed && retry !== 'play' ? [play, again] : [again];
  const second = others.find(({ step }) => !isSameStep(step, advised));
  return { main, ...(second && { second: second === again ? { ...again, tone: 'quiet' } : second }), line };
}

function isSameStep(one: Step | undefined, other: Step): boolean {
  return one !== undefined && 'command' in one && 'command' in other && one.command === other.command;
}
