/** Commands to the core, questions before something is deleted, and what to offer after a refusal. */
import { LanspreadError } from '../../core/rpc/client.ts';
import type { CommandInput, CommandName, CommandResult, GameView } from '../../core/rpc/contract.ts';
import { t } from '../i18n/i18n.svelte.ts';
import { needsQuestion, stepOf, type GameCommand, type Step } from './advice.ts';
import { getterOf } from './contents.ts';
import { explain } from '../stores/explain.ts';
import { games } from '../stores/games.svelte.ts';
import { launching } from '../stores/launching.svelte.ts';
import { link } from '../stores/link.ts';
import { progress } from '../stores/progress.svelte.ts';
import { may } from '../stores/kiosk.svelte.ts';
import { router } from '../frame/router.svelte.ts';
import { askToTellOutside } from '../frame/system-notice.ts';
import { toasts, type ToastAction } from '../frame/toasts.svelte.ts';

export type Question =
  | { readonly kind: 'uninstall' | 'removeDownload' | 'stop'; readonly game: GameView }
  | { readonly kind: 'content'; readonly game: GameView }
  | { readonly kind: 'discard'; readonly game: GameView; readonly keptBytes: number };

class Questions {
  /** The one that is open. */
  current = $state.raw<Question | undefined>(undefined);

  ask(question: Question): void {
    this.current = question;
  }

  close(): void {
    this.current = undefined;
  }
}

export const questions = new Questions();

/** Gives a command on a person's behalf: a refusal is shown, not thrown. Answers undefined then. */
export async function command<Name extends CommandName>(
  name: Name,
  params: CommandInput<Name>,
): Promise<CommandResult<Name> | undefined> {
  try {
    return await link.invoke(name, params);
  } catch (error) {
    const coded = error instanceof LanspreadError ? error : undefined;
    const gameId = 'gameId' in params ? params.gameId : undefined;
    toasts.show('bad', coded ? explain(coded) : String(error), coded && adviceOf(coded.code, gameId));
    return undefined;
  }
}

/** The button that does what an error advises; undefined when there is none, or this window may not use it. */
export function adviceOf(code: string, gameId?: string): ToastAction | undefined {
  const step = stepOf(code);
  if (!step || !canTake(step) || (!('screen' in step) && gameId === undefined)) return undefined;
  return { label: t(step.label), run: () => takeStep(step, gameId) };
}

export function canTake(step: Step): boolean {
  if ('command' in step) return may(step.command);
  return 'question' in step ? may('download') : may('settings.get') && may('catalog.import');
}

export function takeStep(step: Step, gameId: string | undefined): void {
  if ('screen' in step) {
    router.go(step.screen, step.section);
    return;
  }
  const game = gameId === undefined ? undefined : games.get(gameId);
  if (!game) return;
  if ('command' in step) void give(game, step.command);
  else if (game.lastFailure?.choices) questions.ask({ kind: 'content', game });
  // A later attempt has ended in another way: its page tells.
  else router.openGame(game.id);
}

/** Gets the content that the player chose, as what failed would have done. */
export async function getContent(game: GameView, manifestHash: string): Promise<void> {
  const gameId = game.id;
  const getter = getterOf(game);
  askToTellOutside();
  if (getter.command === 'download') await command('download', { gameId, install: getter.install, manifestHash });
  else await command(getter.command, { gameId, manifestHash });
}

/** Commands that the core has not answered yet. A repeated one is ignored. */
const unanswered = new Set<string>();

/** Gives a command for a game. Commands that delete or stop something ask first. */
export async function give(game: GameView, name: GameCommand, label?: string): Promise<void> {
  const gameId = game.id;
  if (needsQuestion(name)) questions.ask({ kind: name, game });
  else if (name === 'cancel') await cancel(game);
  else {
    const wish = `${name} ${gameId}`;
    if (unanswered.has(wish) || (name === 'play' && launching.has(gameId))) return;
    unanswered.add(wish);
    try {
      if (name === 'download' || name === 'update') askToTellOutside();
      if (name === 'play') await launch(gameId, label);
      // Trying again what was to be downloaded alone.
      else if (name === 'download' && game.lastFailure?.install === false)
        await command('download', { gameId, install: false });
      else await command(name, { gameId });
    } finally {
      unanswered.delete(wish);
    }
  }
}

async function launch(gameId: string, label: string | undefined): Promise<void> {
  launching.begin(gameId);
  const isAccepted = await command('play', { gameId, ...(label !== undefined && { launch: label }) });
  if (!isAccepted) launching.end(gameId);
}

/** How many bytes a cancel deletes. Cancelling a check or a repair deletes nothing. */
function discardedBytes({ id, operation, resumable }: GameView): number {
  if (operation?.kind === 'Verifying' || operation?.kind === 'Repairing') return 0;
  return progress.get(id)?.bytes ?? resumable?.bytes ?? 0;
}

/** Cancels, and asks first when data would be deleted. */
export async function cancel(game: GameView): Promise<void> {
  const keptBytes = discardedBytes(game);
  if (keptBytes > 0) questions.ask({ kind: 'discard', game, keptBytes });
  else await command('cancel', { gameId: game.id });
}
