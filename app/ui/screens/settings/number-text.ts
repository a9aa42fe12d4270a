/** Numbers as people type them, for settings with a range or with "no limit". Pure. */

type ParsedNumber =
  | { readonly kind: 'value'; readonly value: number }
  /** The field is empty. */
  | { readonly kind: 'none' }
  | { readonly kind: 'bad'; readonly why: 'notANumber' | 'range' };

export interface NumberRange {
  readonly min: number;
  readonly max?: number;
  /** Only whole numbers. */
  readonly whole?: boolean;
}

/** A comma or a point stands before the decimals; digits may be grouped by spaces. */
export function parseNumber(
  text: string,
  { min, max = Number.POSITIVE_INFINITY, whole = true }: NumberRange,
): ParsedNumber {
  const plain = text.replaceAll(/[\s\u00a0\u202f]/g, '').replace(',', '.');
  if (plain === '') return { kind: 'none' };
  if (!/^\d{1,9}(?:\.\d{0,6})?$/.test(plain)) return { kind: 'bad', why: 'notANumber' };
  const value = Number(plain);
  if (whole && !Number.isInteger(value)) return { kind: 'bad', why: 'notANumber' };
  if (value < min || value > max) return { kind: 'bad', why: 'range' };
  return { kind: 'value', value };
}

const megabyte = 1_000_000;

/** Megabytes per second as the setting's bytes per second. */
export function bytesOfMegabytes(megabytes: number): number {
  return Math.round(megabytes * megabyte);
}

/** The text for the field: `12.5`, or `12,5` in German. */
export function megabytesText(bytesPerSecond: number | null, language: 'en' | 'de'): string {
  if (bytesPerSecond === null) return '';
  const text = String(Math.round((bytesPerSecond / megabyte) * 1_000) / 1_000);
  return language === 'de' ? text.replace('.', ',') : text;
}
