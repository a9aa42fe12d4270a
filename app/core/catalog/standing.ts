/** Whether a source counts, by its signature. Pure. */
import type { CatalogSourceRow } from '../state/index.ts';
import { parsePublicKey, type Trust } from '../trust/index.ts';
import type { CatalogSigner, CatalogSource } from './types.ts';

/** The part of `Trust` that catalogs need. */
export type CatalogTrust = Pick<Trust, 'load' | 'find' | 'signerOf' | 'anchors'>;

interface StandingRules {
  readonly trust: Pick<CatalogTrust, 'find'>;
  readonly requireSigned: boolean;
}

export type Standing = Pick<CatalogSourceRow, 'signed' | 'inUse'>;

/** A key that is trusted no more leaves a source unsigned; whether that is good enough is the operator's word. */
export function standingOf(
  { signedBy }: Pick<CatalogSourceRow, 'signedBy'>,
  { trust, requireSigned }: StandingRules,
): Standing {
  const signed = signedBy !== undefined && trust.find(signedBy) !== undefined;
  return { signed, inUse: signed || !requireSigned };
}

export function signerOf(keyHex: string | undefined, trust: Pick<CatalogTrust, 'find'>): CatalogSigner | undefined {
  if (keyHex === undefined) return undefined;
  return { name: trust.find(keyHex)?.name, fingerprint: parsePublicKey(keyHex).fingerprint };
}

/** Warnings for an operator whose new catalog is worse than the one it replaces. */
export function stepsBack(
  former: Pick<CatalogSource, 'signed' | 'issued'> | undefined,
  next: Pick<CatalogSourceRow, 'name' | 'signed' | 'issued'>,
): string[] {
  const sentences: string[] = [];
  if (former?.signed && !next.signed) sentences.push(`${next.name} was signed until now, and is no more.`);
  if (former?.issued !== undefined && next.issued !== undefined && Date.parse(next.issued) < Date.parse(former.issued))
    sentences.push(`${next.name} is of ${next.issued}, older than the one of ${former.issued} that it replaces.`);
  return sentences;
}
