/** Reads columns and checks their types: the file is trusted no more than other outside data. */
import { isGameId, LanspreadError, type GameId } from '../base/index.ts';

export type Row = Readonly<Record<string, unknown>>;

function unexpected(column: string): LanspreadError {
  return new LanspreadError('STATE_CORRUPT', {
    message: `The database holds an unexpected value in the column ${column}.`,
    details: { column },
  });
}

export function textOf(row: Row, column: string): string {
  const value = row[column];
  if (typeof value !== 'string') throw unexpected(column);
  return value;
}

export function optionalTextOf(row: Row, column: string): string | undefined {
  return row[column] === null ? undefined : textOf(row, column);
}

export function numberOf(row: Row, column: string): number {
  const value = row[column];
  if (typeof value !== 'number') throw unexpected(column);
  return value;
}

export function flagOf(row: Row, column: string): boolean {
  return numberOf(row, column) !== 0;
}

export function bytesOf(row: Row, column: string): Buffer {
  const value = row[column];
  if (!Buffer.isBuffer(value)) throw unexpected(column);
  return value;
}

export function gameIdOf(row: Row, column: string): GameId {
  const value = row[column];
  if (!isGameId(value)) throw unexpected(column);
  return value;
}

/** A JSON column that must be an array; every element must fit. */
export function jsonArrayOf<T>(row: Row, column: string, isElement: (value: unknown) => value is T): T[] {
  const value = jsonOf(row, column);
  if (!Array.isArray(value) || !value.every(isElement)) throw unexpected(column);
  return value;
}

export function jsonOf(row: Row, column: string): unknown {
  try {
    return JSON.parse(textOf(row, column));
  } catch {
    throw unexpected(column);
  }
}

export function isText(value: unknown): value is string {
  return typeof value === 'string';
}

export function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0;
}
