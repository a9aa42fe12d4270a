/** Shows how operations ended, with a next step. */
import type { CoreEvent } from '../../core/rpc/contract.ts';
import { t } from '../i18n/i18n.svelte.ts';
import { adviceOf, give } from '../game/acts.svelte.ts';
import { explain } from '../stores/explain.ts';
import { games } from '../stores/games.svelte.ts';
import { link } from '../stores/link.ts';
import { may } from '../stores/kiosk.svelte.ts';
import { tellOutside } from './system-notice.ts';
import { toasts, type ToastAction } from './toasts.svelte.ts';
import type { GameCommand } from '../game/advice.ts';

/** Returns how to stop. */
export function startNotices(): () => void {
  return link.onEvent(notice);
}

/** The last notice about each game that failed: what comes later replaces it, and what it offers is out of date. */
const failures = new Map<string, number>();

function notice(event: CoreEvent): void {
  switch (event.event) {
    case 'install-finished':
    case 'update-finished': {
      const title = titleOf(event.gameId);
      const text = event.event === 'install-finished' ? 'notice.installed' : 'notice.updated';
      tellGood(event.gameId, t(text, { title }), offer(event.gameId, 'play'));
      break;
    }
    case 'download-finished': {
      const game = games.get(event.gameId);
      // An install follows and has a notice of its own.
      if (game && !game.operation && !game.installed)
        tellGood(event.gameId, t('notice.downloaded', { title: game.title }), offer(game.id, 'install'));
      break;
    }
    case 'verify-finished': {
      const title = titleOf(event.gameId);
      if (event.badFileCount === 0) tellGood(event.gameId, t('verify.good', { title }));
      else tellBad(event.gameId, t('verify.bad', { title, count: event.badFileCount }), offer(event.gameId, 'repair'));
      break;
    }
    case 'repair-finished': {
      const title = titleOf(event.gameId);
      const count = event.repairedBlocks;
      tellGood(event.gameId, count > 0 ? t('repair.done', { title, count }) : t('verify.good', { title }));
      break;
    }
    case 'download-failed':
    case 'install-failed':
    case 'update-failed':
    case 'uninstall-failed':
    case 'remove-failed':
    case 'verify-failed':
    case 'repair-failed':
    case 'play-failed': {
      if (event.code === 'CANCELLED' || event.code === 'SHUTTING_DOWN') break;
      const reason = explain({ code: event.code, message: event.message, details: event });
      tellBad(
        event.gameId,
        t('notice.failed', { title: titleOf(event.gameId), reason }),
        adviceOf(event.code, event.gameId),
      );
      break;
    }
  }
}

function tellGood(gameId: string, text: string, action?: ToastAction): void {
  forgetFailure(gameId);
  toasts.show('good', text, action);
  tellOutside(text);
}

function tellBad(gameId: string, text: string, action?: ToastAction): void {
  forgetFailure(gameId);
  failures.set(gameId, toasts.show('bad', text, action));
  tellOutside(text);
}

function forgetFailure(gameId: string): void {
  const earlier = failures.get(gameId);
  if (earlier !== undefined) toasts.dismiss(earlier);
  failures.delete(gameId);
}

function titleOf(gameId: string): string {
  return games.get(gameId)?.title ?? gameId;
}

function offer(gameId: string, name: GameCommand & ('play' | 'install' | 'repair')): ToastAction | undefined {
  if (!may(name)) return undefined;
  const labels = { play: 'action.play', install: 'action.install', repair: 'do.repair' } as const;
  return {
    label: t(labels[name]),
    run: () => {
      const game = games.get(gameId);
      if (game) void give(game, name);
    },
  };
}
