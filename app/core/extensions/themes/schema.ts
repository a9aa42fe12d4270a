/** A theme: colours for the UI's design tokens, over one of its own themes. Data alone, and nothing that loads anything. */
import { z } from 'zod';

const token = z
  .string()
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'is not the name of a token')
  .max(60);

export const themeSchema = z.strictObject({
  /** Colours that are left out are those of this one. */
  base: z.enum(['dark', 'light', 'contrast']),
  colors: z
    .record(token, z.string().regex(/^#[0-9a-fA-F]{6}$/, 'is not a colour such as "#1b2230"'))
    .refine((colors) => Object.keys(colors).length <= 100, 'has over 100 colours'),
});

export type ThemeFile = z.output<typeof themeSchema>;
