/** What a person asked for and that leaves no trace on the card: how a check or a repair ended. */
import { t } from '../i18n/i18n.svelte.ts';
import { games, link } from './app.svelte.ts';
import { toasts } from './toasts.svelte.ts';

/** Returns how to stop. */
export function startNotices(): () => void {
  return link.onEvent((event) => {
    if (event.event !== 'verify-finished' && event.event !== 'repair-finished') return;
    const title = games.get(event.gameId)?.title ?? event.gameId;
    if (event.event === 'repair-finished') {
      const count = event.repairedBlocks;
      toasts.show('good', count > 0 ? t('repair.done', { title, count }) : t('verify.good', { title }));
    } else if (event.badFileCount > 0) toasts.show('bad', t('verify.bad', { title, count: event.badFileCount }));
    else toasts.show('good', t('verify.good', { title }));
  });
}
