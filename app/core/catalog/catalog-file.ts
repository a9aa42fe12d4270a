/** A catalog file's bytes, judged as a whole before anything is done with them. Pure. */
import { LanspreadError, parseWith } from '../base/index.ts';
import { catalogLimits, catalogSchema, type CatalogDocument } from './schema.ts';

/** Throws `CATALOG_INVALID`; `details.field` names the first offending field, such as `games.3.version`. */
export function parseCatalog(bytes: Uint8Array): CatalogDocument {
  if (bytes.length > catalogLimits.fileBytes) {
    throw new LanspreadError('CATALOG_INVALID', {
      message: `Invalid catalog: it is over ${catalogLimits.fileBytes} bytes.`,
    });
  }
  return parseWith(catalogSchema, parseJson(bytes, 'catalog'), { what: 'catalog', code: 'CATALOG_INVALID' });
}

/** JSON in UTF-8, with or without a byte order mark. Throws `CATALOG_INVALID`. */
export function parseJson(bytes: Uint8Array, what: string): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new LanspreadError('CATALOG_INVALID', { message: `Invalid ${what}: it is not UTF-8.`, cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new LanspreadError('CATALOG_INVALID', { message: `Invalid ${what}: it is not JSON (${reason}).`, cause });
  }
}
