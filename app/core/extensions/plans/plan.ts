/** A plan as an extension hands it in, checked. */
import { z } from 'zod';

/** An archive's links are left out one by one. */
const maxArguments = 512;
const argument = z.union([
  z
    .string()
    .max(4_096)
    .refine((text) => !text.includes('\0'), 'contains a NUL character'),
  z.strictObject({ ref: z.enum(['archive', 'destination']) }),
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
        means: z.enum(['ARCHIVE_CORRUPT', 'ARCHIVE_ENCRYPTED', 'ARCHIVE_HOSTILE', 'DISK_FULL']),
      }),
    )
    .max(64)
    .optional(),
});
export type ToolPlan = z.infer<typeof toolPlanSchema>;
export type ToolFailure = NonNullable<ToolPlan['failures']>[number];

export const planSchema = z.discriminatedUnion('kind', [toolPlanSchema, z.object({ kind: z.literal('sink') })]);
export type CheckedPlan = z.infer<typeof planSchema>;

/** What stands for `archive` and `destination` in a tool's arguments. */
interface References {
  /** Absolute. */
  readonly archive: string;
  /** Left out: the command has no use for a destination. */
  readonly destination?: string;
}

/** The arguments as they are given to the program. Throws `RangeError` for a reference that is not there. Pure. */
export function resolveArguments(args: ToolCommand['args'], references: References): string[] {
  return args.map((given) => {
    if (typeof given === 'string') return given;
    const value = references[given.ref];
    if (value === undefined) throw new RangeError(`the tool's arguments name a ${given.ref}, and there is none`);
    return value;
  });
}
