/** From a key to a text, numbers and times in the language's own form. Pure. */
import type { Language, Message } from './define.ts';
import { messages, type MessageKey } from './messages/index.ts';

export type Values = Readonly<Record<string, string | number>>;

const numberFormats = new Map<string, Intl.NumberFormat>();
function numberFormat(language: Language, options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = `${language} ${JSON.stringify(options)}`;
  let format = numberFormats.get(key);
  if (!format) numberFormats.set(key, (format = new Intl.NumberFormat(language, options)));
  return format;
}
const plurals = { en: new Intl.PluralRules('en'), de: new Intl.PluralRules('de') };

/** `{count}` chooses between the forms of a plural. */
export function translate(language: Language, key: MessageKey, values: Values = {}): string {
  return fill(messages[language][key], language, values);
}

export function fill(message: Message, language: Language, values: Values): string {
  let text: string;
  if (typeof message === 'string') text = message;
  else text = plurals[language].select(Number(values['count'])) === 'one' ? message.one : message.other;
  return text.replaceAll(/\{(\w+)\}/g, (whole, name: string) => {
    const value = values[name];
    if (value === undefined) return whole;
    return typeof value === 'number' ? numberFormat(language, {}).format(value) : value;
  });
}

const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];

/** Three significant digits, as people compare sizes: 980 MB, 9.6 GB, 112 MB/s. Decimal units. */
function inUnits(language: Language, bytes: number, { suffix, isLive }: { suffix: string; isLive: boolean }): string {
  // Speeds begin at kB/s: nothing that flows is slower for long.
  const smallest = suffix === '' ? 0 : 1;
  let unit = smallest;
  let value = bytes / 1_000 ** smallest;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  if (unit === 0) return `${numberFormat(language, {}).format(value)} B`;
  const maximumFractionDigits = unit < 2 || value >= 99.95 ? 0 : 1;
  return numberFormat(language, {
    style: 'unit',
    unit: `${units[unit]}${suffix}`,
    unitDisplay: 'short',
    maximumFractionDigits,
    minimumFractionDigits: isLive ? maximumFractionDigits : 0,
  }).format(value);
}

export function formatBytes(language: Language, bytes: number): string {
  return inUnits(language, bytes, { suffix: '', isLive: false });
}

/** Of a number that grows: 2.0 GB between 1.9 and 2.1, so that what stands beside it does not move. */
export function formatBytesSoFar(language: Language, bytes: number): string {
  return inUnits(language, bytes, { suffix: '', isLive: true });
}

export function formatSpeed(language: Language, bytesPerSecond: number): string {
  return inUnits(language, Math.max(bytesPerSecond, 0), { suffix: '-per-second', isLive: true });
}

/** 43%; in German with a space: 43 %. Never rounds up to 100 before the end. */
export function formatPercent(language: Language, done: number, total: number): string {
  return numberFormat(language, { style: 'percent' }).format(percentOf(done, total) / 100);
}

/** 0 to 100, whole; 0 when the total is not known. */
export function percentOf(done: number, total: number): number {
  return total > 0 ? Math.min(100, Math.floor((done / total) * 100)) : 0;
}

/** How long something still takes: 49 s, 12 min, 1 h 2 min. The signs of the units are the same in both languages. */
export function formatCountdown(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.ceil(whole / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** How long something was played: 6 h 12 min. The signs of the units are the same in both languages. */
export function formatDuration(language: Language, seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  const count = (value: number): string => formatNumber(language, value);
  if (minutes < 1) return `${count(Math.floor(seconds))} s`;
  const hours = Math.floor(minutes / 60);
  const rest = `${minutes % 60} min`;
  return hours === 0 ? rest : `${count(hours)} h ${rest}`;
}

/** How long to wait: 30 seconds. */
export function formatSeconds(language: Language, seconds: number): string {
  return numberFormat(language, { style: 'unit', unit: 'second', unitDisplay: 'long' }).format(Math.ceil(seconds));
}

/** Ann, Bob and Cleo. */
export function formatList(language: Language, names: readonly string[]): string {
  return new Intl.ListFormat(language).format(names);
}

export function formatNumber(language: Language, value: number): string {
  return numberFormat(language, {}).format(value);
}

/** The time of day, hours and minutes. */
export function formatTime(language: Language, at: number): string {
  return new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', hour12: false }).format(at);
}

/** A day: 2 Oct 2026. */
export function formatDate(language: Language, at: number): string {
  if (Number.isNaN(at)) return '?';
  return new Intl.DateTimeFormat(language, { day: 'numeric', month: 'short', year: 'numeric' }).format(at);
}
