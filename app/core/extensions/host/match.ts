/** Whether a file may be an unpacker's, by its manifest alone: no process is started for any other file. Pure. */
import type { UnpackerContribution } from '../manifest/index.ts';

type Match = 'magic' | 'extension';

export function matchOf(
  { extensions = [], magic = [] }: UnpackerContribution['match'],
  { name, head }: { name: string; head: Uint8Array },
): Match | undefined {
  if (magic.some((one) => holds(head, one))) return 'magic';
  const lower = name.toLowerCase();
  return extensions.some((ending) => lower.endsWith(ending)) ? 'extension' : undefined;
}

function holds(head: Uint8Array, { at, hex }: { at: number; hex: string }): boolean {
  const wanted = Buffer.from(hex, 'hex');
  return at + wanted.length <= head.length && wanted.equals(head.subarray(at, at + wanted.length));
}
