/** Everything a live source lists, page by page, held to limits: what is behind it may be broken, or hostile. */
import { z } from 'zod';
import {
  foldPath,
  LanspreadError,
  parseWith,
  systemClock,
  throwIfAborted,
  type Clock,
  type SignalOptions,
} from '../../base/index.ts';
import { catalogLimits, gameSchema } from '../schema.ts';
import type { LivePage, LiveQuery } from './types.ts';

const pullLimits = {
  pages: 1_000,
  gamesPerPage: 1_000,
  cursorLength: 4_096,
  /** Of all games together, as JSON. */
  bytes: catalogLimits.fileBytes,
  /** A picture in the page itself, as a `data:` URL, or a path. */
  coverLength: Math.ceil((catalogLimits.coverBytes * 4) / 3) + 100,
  /** Of all pages together. */
  timeMs: 5 * 60_000,
  warnings: 20,
  warningLength: 500,
} as const;

const pageSchema = z.object({
  games: z.array(z.unknown()).max(pullLimits.gamesPerPage),
  next: z.string().min(1).max(pullLimits.cursorLength).optional(),
  warnings: z.array(z.string()).default([]),
});

/** As in a catalog file, but for the cover, which is judged when it is read. */
const pulledGameSchema = gameSchema.extend({ cover: z.string().max(pullLimits.coverLength).optional() });
export type PulledGame = z.output<typeof pulledGameSchema>;

interface PullOptions extends SignalOptions {
  readonly configuration: unknown;
  readonly clock?: Clock;
}

interface Pulled {
  readonly games: readonly PulledGame[];
  /** Sentences about games that were left out. */
  readonly warnings: readonly string[];
}

/**
 * A game that is not as it should be, or listed twice, is left out and told; a page that is none, or a breach of the
 * limits, ends it all. Errors: `CATALOG_INVALID`, those of the source, `CANCELLED`.
 */
export async function pullPages(
  page: (query: LiveQuery, options: SignalOptions) => Promise<LivePage>,
  { configuration, signal, clock = systemClock }: PullOptions,
): Promise<Pulled> {
  const list = new GameList();
  const startedAt = clock.monotonicMs();
  const cursors = new Set<string>();
  let cursor: string | undefined;
  for (let count = 1; ; count += 1) {
    throwIfAborted(signal);
    if (count > pullLimits.pages) throw invalid(`it has over ${pullLimits.pages} pages`);
    if (clock.monotonicMs() - startedAt > pullLimits.timeMs)
      throw invalid(`its pages took over ${pullLimits.timeMs / 1_000} s`);
    const answer = await page({ configuration, ...(cursor !== undefined && { cursor }) }, { signal });
    const { games, next, warnings } = parseWith(pageSchema, answer, { what: 'page', code: 'CATALOG_INVALID' });
    for (const game of games) list.add(game);
    for (const warning of warnings) list.warn(warning);
    if (next === undefined) return list.finish();
    if (cursors.has(next)) throw invalid('its pages lead in a circle');
    cursors.add(next);
    cursor = next;
  }
}

class GameList {
  readonly #games: PulledGame[] = [];
  readonly #seen = new Set<string>();
  readonly #warnings: string[] = [];
  #bytes = 0;
  #leftOut = 0;
  #told = 0;

  add(value: unknown): void {
    const bytes = bytesOf(value);
    if (bytes === undefined) return this.#leaveOut(`${nameOf(value)} is nested too deeply`);
    this.#bytes += bytes;
    if (this.#bytes > pullLimits.bytes) throw invalid(`its games are over ${pullLimits.bytes} bytes`);
    const parsed = pulledGameSchema.safeParse(value);
    if (!parsed.success) {
      const issue = parsed.error.issues[0];
      this.#leaveOut(`${nameOf(value)}: ${issue ? inWords(issue) : 'not as expected'}`);
      return;
    }
    const key = foldPath(parsed.data.id);
    if (this.#seen.has(key)) {
      this.#leaveOut(`${parsed.data.id} is listed twice`);
      return;
    }
    this.#seen.add(key);
    this.#games.push(parsed.data);
    if (this.#games.length > catalogLimits.games) throw invalid(`it lists over ${catalogLimits.games} games`);
  }

  /** Warnings of the source itself. */
  warn(sentence: string): void {
    if (this.#warnings.length < pullLimits.warnings) this.#warnings.push(sentence.slice(0, pullLimits.warningLength));
  }

  finish(): Pulled {
    const more = this.#leftOut - this.#told;
    const warnings = more > 0 ? [...this.#warnings, `${more} more games are left out.`] : this.#warnings;
    return { games: this.#games, warnings };
  }

  #leaveOut(reason: string): void {
    this.#leftOut += 1;
    if (this.#warnings.length >= pullLimits.warnings) return;
    this.#told += 1;
    this.warn(`A game is left out: ${reason}.`);
  }
}

/** For authors: what is wrong with games that a source gave, as sentences. Errors: `CATALOG_INVALID`. */
export function gameProblems(games: readonly unknown[]): readonly string[] {
  const list = new GameList();
  for (const game of games) list.add(game);
  return list.finish().warnings;
}

/** `version is missing`, `launch.0.platform must be …`. */
function inWords({ path, message }: z.core.$ZodIssue): string {
  const field = path.join('.') || 'it';
  if (message.endsWith('received undefined')) return `${field} is missing`;
  const said = message
    .replace(/^Invalid input: expected (\S+), received (\S+)$/, 'must be $1, not $2')
    .replace(/^Invalid option: expected/, 'must be');
  return `${field} ${said}`;
}

/** As JSON; undefined for what is nested deeper than can be written. */
function bytesOf(value: unknown): number | undefined {
  try {
    return JSON.stringify(value)?.length ?? 0;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

function nameOf(value: unknown): string {
  const id = typeof value === 'object' && value !== null && 'id' in value ? value.id : undefined;
  return typeof id === 'string' ? JSON.stringify(id.slice(0, 80)) : 'one without an id';
}

function invalid(reason: string): LanspreadError {
  return new LanspreadError('CATALOG_INVALID', { message: `The list of games is not taken: ${reason}.` });
}
