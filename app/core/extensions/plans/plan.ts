/** A plan as an extension hands it in, checked. */
import { randomUUID } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';

const maxArguments = 512;
const maxLines = 20_000;
const argument = z.union([
  z
    .string()
    .max(4_096)
    .refine((text) => !text.includes('\0'), 'contains a NUL character'),
  z.strictObject({ ref: z.enum(['archive', 'destination']) }),
  z.strictObject({
    prefix: z.string().max(100),
    lines: z
      .array(
        z
          .string()
          .max(4_096)
          .regex(/^[^\r\n\0]*$/, 'has a line end in it'),
      )
      .max(maxLines),
  }),
]);

export const toolCommandSchema = z.object({
  tool: z.string().max(100),
  args: z.array(argument).max(maxArguments),
});
export type ToolCommand = z.infer<typeof toolCommandSchema>;

const toolPlanSchema = toolCommandSchema.extend({
  kind: z.literal('tool'),
  output: z.enum(['destination', 'concatenated-stdout', 'tar-stdout']),
  input: toolCommandSchema.optional(),
  okExitCodes: z.array(z.int().min(0).max(255)).max(16).optional(),
  progress: z.literal('percent').optional(),
  failures: z
    .array(
      z.object({
        says: z.string().min(1).max(200),
        means: z.enum([
          'ARCHIVE_CORRUPT',
          'ARCHIVE_ENCRYPTED',
          'ARCHIVE_HOSTILE',
          'ARCHIVE_UNSUPPORTED',
          'VOLUME_MISSING',
          'NO_UNPACKER',
          'DISK_FULL',
        ]),
      }),
    )
    .max(64)
    .optional(),
});
export type ToolPlan = z.infer<typeof toolPlanSchema>;
export type ToolFailure = NonNullable<ToolPlan['failures']>[number];

export const planSchema = z.discriminatedUnion('kind', [toolPlanSchema, z.object({ kind: z.literal('sink') })]);
export type CheckedPlan = z.infer<typeof planSchema>;

/** The paths that take the place of `archive` and `destination` in a tool's arguments. */
interface References {
  /** Absolute. */
  readonly archive: string;
  /** Left out: the command has no use for a destination. */
  readonly destination?: string;
}

/**
 * The arguments as they are given to the program. Lists are written into `folder`. Throws `RangeError` for a reference
 * that is not there.
 */
export async function resolveArguments(
  args: ToolCommand['args'],
  references: References,
  folder: () => Promise<string>,
): Promise<string[]> {
  const resolved: string[] = [];
  for (const given of args) resolved.push(await resolve(given));
  return resolved;

  async function resolve(given: ToolCommand['args'][number]): Promise<string> {
    if (typeof given === 'string') return given;
    if ('lines' in given) return `${given.prefix}${await writeList(await folder(), given.lines)}`;
    const value = references[given.ref];
    if (value === undefined) throw new RangeError(`the tool's arguments name a ${given.ref}, and there is none`);
    return value;
  }
}

async function writeList(folder: string, lines: readonly string[]): Promise<string> {
  const path = join(folder, `list-${randomUUID()}.txt`);
  await writeFile(path, lines.map((line) => `${line}\n`).join(''), { flag: 'wx' });
  return path;
}
