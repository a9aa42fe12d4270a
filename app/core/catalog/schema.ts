/** The catalog file: what it may hold, and every limit on it. Unknown fields are ignored. */
import { z } from 'zod';
import { foldPath, isGameId, whyUnsafe, type GameId } from '../base/index.ts';

const mib = 1024 * 1024;

export const catalogLimits = {
  fileBytes: 64 * mib,
  games: 50_000,
  revocations: 50_000,
  titleLength: 200,
  versionLength: 128,
  descriptionLength: 20_000,
  /** Names, labels, genres, tags. */
  labelLength: 100,
  labels: 64,
  aliases: 16,
  launches: 32,
  argumentLength: 2_000,
  coverBytes: 2 * mib,
} as const;

/** The kinds of cover, by the file's ending. */
export const coverEndings = ['.svg', '.png', '.jpg', '.jpeg', '.webp', '.avif'] as const;

// oxlint-disable-next-line no-control-regex
const controlCharacter = /[\u0000-\u001f\u007f-\u009f]/;

/** One line of text that a person reads, without spaces around it. */
function line(maxLength: number): z.ZodString {
  return z
    .string()
    .min(1, 'is empty')
    .max(maxLength, `is longer than ${maxLength} characters`)
    .refine((text) => text.isWellFormed(), 'is not well-formed Unicode')
    .refine((text) => !controlCharacter.test(text), 'contains a control character')
    .refine((text) => text.trim() === text, 'has space at its start or end');
}

const labels = z.array(line(catalogLimits.labelLength)).max(catalogLimits.labels);
const hash = z.string().regex(/^[0-9a-f]{64}$/, 'is not a BLAKE3 hash in lower-case hex');

/** A catalog goes to PCs of every system, so its paths must be possible on each. */
const path = z.string().superRefine((text, context) => {
  const reason = whyUnsafe(text, { atGameRoot: false, platform: 'win32' });
  if (reason !== undefined) context.addIssue({ code: 'custom', message: reason });
});

/** A pattern like `saves/**`: a path but for its stars. */
const pattern = z.string().superRefine((text, context) => {
  const reason = whyUnsafe(text.replaceAll(/[*?]/g, 'x'), { atGameRoot: false, platform: 'win32' });
  if (reason !== undefined) context.addIssue({ code: 'custom', message: reason });
});

const cover = path.refine(
  (text) => coverEndings.some((ending) => text.toLowerCase().endsWith(ending)),
  `must end in one of ${coverEndings.join(', ')}`,
);

const launchSchema = z.object({
  label: line(catalogLimits.labelLength),
  platform: z.enum(['linux', 'win32', 'darwin', 'any']).default('any'),
  command: path,
  arguments: z.array(z.string().max(catalogLimits.argumentLength)).max(catalogLimits.labels).default([]),
  /** `.` is the installed game's own folder, which is meant when it is left out, too. */
  workingDirectory: z
    .literal('.')
    .transform(() => undefined)
    .or(path)
    .optional(),
  server: z.boolean().optional(),
});

const players = z
  .object({ min: z.int().min(1).max(10_000), max: z.int().min(1).max(10_000) })
  .refine(({ min, max }) => min <= max, 'min is greater than max');

const gameId = z.custom<GameId>(isGameId, 'is not a game id (A-Z a-z 0-9 . _ -, at most 64, no reserved name)');

/** One game as the file gives it, with defaults filled in. */
/** Which files of the download are archives to unpack: a rule, or the names of files at its top. */
const unpack = z.enum(['auto', 'never']).or(
  z
    .array(path.refine((text) => !text.includes('/'), 'must be a file at the top of the download'))
    .min(1)
    .max(catalogLimits.labels),
);

/** `publisher.name`, as `lanspread extension list` shows it. */
const extensionId = z
  .string()
  .regex(/^[a-z0-9][a-z0-9-]{0,63}\.[a-z0-9][a-z0-9-]{0,63}$/, 'is not the id of an extension');

export const gameSchema = z.object({
  id: gameId,
  title: line(catalogLimits.titleLength),
  /** Other names that people search it by. */
  aliases: z.array(line(catalogLimits.labelLength)).max(catalogLimits.aliases).optional(),
  version: line(catalogLimits.versionLength),
  manifestRoot: hash.optional(),
  installedRoot: hash.optional(),
  sizeBytes: z.int().nonnegative().optional(),
  /** What the installed game takes. */
  installedSizeBytes: z.int().nonnegative().optional(),
  description: z
    .string()
    .max(catalogLimits.descriptionLength)
    .refine((text) => text.isWellFormed(), 'is not well-formed Unicode')
    .default(''),
  genres: labels.default([]),
  players: players.optional(),
  releaseYear: z.int().min(1950).max(2200).optional(),
  publisher: line(catalogLimits.labelLength).optional(),
  cover: cover.optional(),
  tags: labels.default([]),
  launch: z.array(launchSchema).max(catalogLimits.launches).default([]),
  keep: z.array(pattern).max(catalogLimits.labels).default([]),
  requires: labels.optional(),
  unpack: unpack.optional(),
  needs: z.array(extensionId).max(catalogLimits.labels).optional(),
});
export type GameEntry = z.infer<typeof gameSchema>;

export const catalogSchema = z.object({
  formatVersion: z.literal(1, 'this Lanspread reads formatVersion 1'),
  name: line(catalogLimits.labelLength).optional(),
  issued: line(catalogLimits.labelLength)
    .refine((text) => !Number.isNaN(Date.parse(text)), 'is not a date')
    .optional(),
  games: z.array(gameSchema).max(catalogLimits.games).superRefine(refuseSameIds),
  /** Ids of games that no source of the same or a lower standing may list. */
  revoked: z.array(gameId).max(catalogLimits.revocations).default([]),
});
export type CatalogDocument = z.infer<typeof catalogSchema>;

/** Ids become folder names: two that differ only by case would be one folder on Windows and macOS. */
function refuseSameIds(games: readonly GameEntry[], context: z.RefinementCtx): void {
  const seen = new Map<string, { id: string; index: number }>();
  for (const [index, { id }] of games.entries()) {
    const key = foldPath(id);
    const first = seen.get(key);
    if (!first) {
      seen.set(key, { id, index });
      continue;
    }
    const what = first.id === id ? 'is listed already' : `differs only by case from ${first.id}`;
    context.addIssue({ code: 'custom', path: [index, 'id'], message: `${what} (games.${first.index})` });
  }
}
