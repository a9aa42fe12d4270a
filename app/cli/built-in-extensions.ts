import { fileURLToPath } from 'node:url';

/** The folder of the extensions that ship with Lanspread. */
export const builtInExtensions: readonly string[] = [fileURLToPath(new URL('../extensions', import.meta.url))];
