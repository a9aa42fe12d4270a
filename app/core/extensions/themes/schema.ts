/**
 * A theme: values for the UI's design tokens, data alone. Values are colours, sizes and the like; nothing that could load
 * something, end a declaration or reach outside it. Pure.
 */
import { z } from 'zod';

const tokenName = z
  .string()
  .regex(/^[a-z][a-z0-9]*(?:-[a-z0-9]+)*$/, 'is not the name of a token')
  .max(60);
const tokenValue = z
  .string()
  .min(1, 'is empty')
  .max(200, 'is longer than 200 characters')
  .regex(/^[#A-Za-z0-9 .,%()/+*'"-]+$/, 'holds a character that a theme may not use')
  .refine((value) => !/url|image|expression|attr|env|var|src/i.test(value), 'may not refer to anything else')
  .refine(hasPairs, 'has a bracket or quote without its other half');

export const themeSchema = z.strictObject({
  /** What the theme builds on: the tokens it leaves out are this one's. */
  base: z.enum(['dark', 'light', 'contrast']),
  tokens: z.record(tokenName, tokenValue).refine((tokens) => Object.keys(tokens).length <= 200, 'has over 200 tokens'),
});

export type ThemeFile = z.output<typeof themeSchema>;

function hasPairs(value: string): boolean {
  let open = 0;
  for (const character of value) {
    if (character === '(') open += 1;
    if (character === ')') open -= 1;
    if (open < 0) return false;
  }
  return open === 0 && (value.split("'").length - 1) % 2 === 0 && (value.split('"').length - 1) % 2 === 0;
}
