import type { ErrorCode } from '../../core/rpc/client.ts';

/** Complete: a test holds it to the core's table. */
export const errorsDe: Partial<Record<ErrorCode, { message: string; next: string }>> = {
  NOT_IN_CATALOG: { message: 'Der Katalog kennt kein solches Spiel.', next: 'Importiere einen Katalog, der es nennt.' },
};
