/**
 * Keeps the settings that protect this PC in their own file, `safeguards.json`. The database is a cache and a journal and may
 * be lost. Kiosk mode, the PIN and the trusted keys must not be lost with it. The database keeps a copy.
 */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { isNotFound, toLanspreadError, type Logger } from '../base/index.ts';
import type { Reserve, SettingsRepository } from '../state/index.ts';
import { pinHashSchema } from './pin.ts';
import { settingSchemas } from './settings.ts';

const safeguardsName = 'safeguards.json';

const values = z.object({
  kiosk: settingSchemas.kiosk,
  kioskActions: settingSchemas.kioskActions,
  kioskIdleMinutes: settingSchemas.kioskIdleMinutes,
  kioskPin: pinHashSchema,
  /** The number of wrong PINs in a row, and the end of the wait, in milliseconds since 1970. */
  kioskAttempts: z.object({ wrongInARow: z.int().nonnegative(), blockedUntil: z.number() }),
  requireSignedCatalogs: settingSchemas.requireSignedCatalogs,
  trustedKeys: settingSchemas.trustedKeys,
  roomKeyFile: settingSchemas.roomKeyFile,
  tellWhatIsPlayed: settingSchemas.tellWhatIsPlayed,
});
/** A value that was never set is left out. */
type Safeguards = Partial<z.infer<typeof values>>;
type SafeguardName = keyof typeof values.shape;

const fileSchema = z.object({ format: z.literal(1), ...values.partial().shape });

type SafeguardsFile =
  | { readonly kind: 'sound'; readonly safeguards: Safeguards }
  | { readonly kind: 'missing' }
  | { readonly kind: 'damaged'; readonly reason: string };

interface SafeguardsFound {
  readonly file: SafeguardsFile;
  /** The copy in the database. An empty copy means that the database is new. */
  readonly copy: Safeguards;
  /** A path without a key: it closes the room for this PC. */
  readonly lostKeyFile: string;
}

/**
 * Decides which values apply. Pure. A damaged file must not weaken the protection: kiosk mode is locked, unless the database
 * shows that no PIN was ever set. When the database is lost too, everything is closed.
 */
export function decideSafeguards({ file, copy, lostKeyFile }: SafeguardsFound): Safeguards {
  if (file.kind === 'sound') return file.safeguards;
  if (file.kind === 'missing') return copy;
  if (Object.keys(copy).length === 0) return { kiosk: true, requireSignedCatalogs: true, roomKeyFile: lostKeyFile };
  return copy.kioskPin ? { ...copy, kiosk: true } : copy;
}

interface SafeguardOptions {
  readonly stateDir: string;
  readonly logger: Logger;
  readonly reserve?: Pick<Reserve, 'secure'>;
  readonly now: () => number;
}

/**
 * The same repository, except that the settings that protect this PC are stored in their file. A damaged file is set aside
 * and a new one written. Errors: none when opening; `set` throws `DISK_FULL`, `PERMISSION_DENIED` or `IO_ERROR` and has then
 * changed nothing.
 */
export function withSafeguards(
  repository: SettingsRepository,
  { stateDir, logger, reserve, now }: SafeguardOptions,
): SettingsRepository {
  const path = join(stateDir, safeguardsName);
  const file = readSafeguards(stateDir);
  const lostKeyFile = join(stateDir, 'the room key file is unknown');
  let safeguards = decideSafeguards({ file, copy: copyIn(repository), lostKeyFile });
  if (file.kind === 'damaged') {
    logger.error({ path, reason: file.reason, kiosk: safeguards.kiosk === true }, 'The safeguards file is damaged.');
    setAside(path, { logger, now });
  }
  const store = (changed: Safeguards): void => {
    const write = (): void => writeSafeguards(path, changed);
    if (reserve) reserve.secure(write);
    else write();
    safeguards = changed;
  };
  if (file.kind !== 'sound') {
    try {
      store(safeguards);
    } catch (error) {
      logger.error({ err: error, path }, 'The safeguards file could not be written; what it would say holds.');
    }
  }
  return {
    get: (name) => (isSafeguard(name) ? safeguards[name] : repository.get(name)),
    set(name, value) {
      if (!isSafeguard(name)) return repository.set(name, value);
      const changed = { ...safeguards, [name]: value };
      if (value === undefined) delete changed[name];
      store(changed);
      try {
        repository.set(name, value);
      } catch (error) {
        logger.warn({ err: error, name }, 'The copy of a safeguard could not be stored.');
      }
    },
    all: () => ({ ...repository.all(), ...safeguards }),
  };
}

function isSafeguard(name: string): name is SafeguardName {
  return Object.hasOwn(values.shape, name);
}

/** The valid values in the database. */
function copyIn(repository: SettingsRepository): Safeguards {
  const stored = Object.entries(values.shape).flatMap(([name, schema]) => {
    const result = schema.safeParse(repository.get(name));
    return result.success ? [[name, result.data] as const] : [];
  });
  return Object.fromEntries(stored);
}

/** Changes nothing. */
export function readSafeguards(stateDir: string): SafeguardsFile {
  try {
    const text = readFileSync(join(stateDir, safeguardsName), 'utf8');
    const { format: _format, ...safeguards } = fileSchema.parse(JSON.parse(text));
    return { kind: 'sound', safeguards };
  } catch (error) {
    if (isNotFound(error)) return { kind: 'missing' };
    return { kind: 'damaged', reason: error instanceof Error ? error.message : String(error) };
  }
}

/** Replaces the whole file, readable by this user only; it is on the disk when this returns. */
function writeSafeguards(path: string, safeguards: Safeguards): void {
  const temporary = `${path}.tmp`;
  try {
    const file = openSync(temporary, 'w', 0o600);
    try {
      writeSync(file, `${JSON.stringify({ format: 1, ...safeguards }, null, 2)}\n`);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    // Windows flushes a rename by itself and cannot open a folder.
    if (process.platform === 'win32') return;
    const folder = openSync(dirname(path), 'r');
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch (error) {
    throw toLanspreadError(error, 'IO_ERROR');
  }
}

/** Keeps the damaged file for the operator, because the old values may still be readable in it. */
function setAside(path: string, { logger, now }: Pick<SafeguardOptions, 'logger' | 'now'>): void {
  const time = new Date(now()).toISOString().replaceAll(/[-:]/g, '');
  try {
    renameSync(path, `${path}.damaged-${time}`);
  } catch (error) {
    logger.warn({ err: error, path }, 'The damaged safeguards file stays in its place.');
  }
}
