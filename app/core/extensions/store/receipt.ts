/**
 * What an installed extension's folder says of where it came from, in a file that no package can bring along. It is
 * renamed into place with the folder: whatever the database knew when the power went, this is true.
 */
import { join } from 'node:path';
import { z } from 'zod';
import { isNotFound, LanspreadError, parseJsonWith, type FileSystem } from '../../base/index.ts';

/** Begins with a dot, as no name in a package that Lanspread made does; `unpackInto` refuses it in others. */
export const receiptName = '.lanspread-receipt.json';

const schema = z.object({
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  signedBy: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});

export interface Receipt {
  readonly hash: string;
  readonly signedBy?: string | undefined;
}

export function receiptText(receipt: Receipt): string {
  return `${JSON.stringify(receipt)}\n`;
}

/** Undefined: the folder was not made by an install. */
export async function readReceipt(fileSystem: FileSystem, directory: string): Promise<Receipt | undefined> {
  try {
    const text = (await fileSystem.readFile(join(directory, receiptName))).toString('utf8');
    return parseJsonWith(schema, text, { what: 'receipt', code: 'EXTENSION_INVALID' });
  } catch (error) {
    if (isNotFound(error) || error instanceof LanspreadError) return undefined;
    throw error;
  }
}
