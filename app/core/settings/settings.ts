import { hostname, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { z } from 'zod';
import { Emitter, LanspreadError, parseWith, type Event } from '../base/index.ts';
import { kioskActions } from './kiosk-actions.ts';
import type { SettingsRepository } from '../state/index.ts';
import { parsePublicKey } from '../trust/index.ts';

const bytesPerSecond = z
  .int()
  .min(16 * 1024)
  .nullable();

/** Excludes ports on which only the system may listen, and leaves room for the ports that follow. */
const port = z.int().min(1_024).max(65_500).nullable();

const collection = z.object({
  name: z.string().trim().min(1).max(60),
  gameIds: z.array(z.string().max(200)).max(20_000),
});

/** Every setting with its schema; `null` means "no limit" or "none". */
export const settingSchemas = {
  gamesDir: z.string().min(1).refine(isAbsolute, 'is not an absolute path'),
  /** Other PCs show the name in lists, and games get it as an argument: one line, no control characters. */
  playerName: z
    .string()
    .trim()
    .min(1)
    .max(64)
    .refine((name) => !/[\p{Cc}\p{Zl}\p{Zp}]/u.test(name), 'is not one line of text'),
  language: z.enum(['en', 'de']),
  uploadLimitBytesPerSecond: bytesPerSecond,
  uploadLimitPerPeerBytesPerSecond: bytesPerSecond,
  maxUploadPeers: z.int().min(1).max(256).nullable(),
  maxConcurrentDownloads: z.int().min(1).max(16),
  roomKeyFile: z.string().min(1).nullable(),
  /** Whether other PCs in the room are told which games run here. */
  tellWhatIsPlayed: z.boolean(),
  staticPeers: z.array(z.string().max(1_000)).max(256),
  /** The UDP and TCP port of the control plane; null: any port. Takes effect at the next start. */
  controlPort: port,
  /** The first TCP port of the TLS lane; each further thread uses the next one. Null and effect as above. */
  lanePort: port,
  requireSignedCatalogs: z.boolean(),
  /** Public keys whose signatures are trusted, in addition to those in the key folders. */
  trustedKeys: z.array(z.string().max(2_000).refine(isPublicKey, 'is not an Ed25519 public key')).max(64),
  /** The configuration of each catalog source of an extension, by the source's id. */
  catalogSources: z.record(
    z
      .string()
      .regex(/^[a-z0-9.-]+\/[a-z0-9-]+$/)
      .max(200),
    z.json(),
  ),
  /** Ids of extensions, in order: the first one decides when several know an archive equally well. All others follow. */
  extensionOrder: z.array(z.string().min(1).max(200)).max(500),
  kiosk: z.boolean(),
  /** Actions that a player may take while kiosk mode is locked, in addition to looking. */
  kioskActions: z.array(z.enum(kioskActions)).max(kioskActions.length),
  kioskIdleMinutes: z.int().min(1).max(240),
  /** `dark`, `light`, `contrast`, `system`, or the id of an extension's theme. */
  theme: z.string().min(1).max(200),
  /** The player's own lists of games. */
  collections: z.array(collection).max(100),
  /** Whether the first-run questions were answered. */
  setupDone: z.boolean(),
} as const;

export type SettingName = keyof typeof settingSchemas;
export type Settings = { [Name in SettingName]: z.output<(typeof settingSchemas)[Name]> };

/**
 * Settings, parsed where they enter: from the database and from commands. A stored value that no longer fits its schema is
 * ignored.
 */
export class SettingsStore {
  readonly #repository: SettingsRepository;
  readonly #defaults: Settings;
  readonly #changed = new Emitter<SettingName>();
  readonly onDidChange: Event<SettingName> = this.#changed.event;

  constructor(repository: SettingsRepository, defaults: Settings) {
    this.#repository = repository;
    this.#defaults = defaults;
  }

  get<Name extends SettingName>(name: Name): Settings[Name] {
    const stored = this.#repository.get(name);
    if (stored === undefined) return this.#defaults[name];
    const result = settingSchemas[name].safeParse(stored);
    // The schema of `name` yields the type of `name`; TypeScript cannot see this through the indexed lookup.
    return result.success ? (result.data as Settings[Name]) : this.#defaults[name];
  }

  all(): Settings {
    const names = Object.keys(settingSchemas) as SettingName[];
    return Object.fromEntries(names.map((name) => [name, this.get(name)])) as Settings;
  }

  /** Errors: `UNKNOWN_SETTING`, `BAD_REQUEST`. */
  set(name: string, value: unknown): void {
    if (!isSettingName(name))
      throw new LanspreadError('UNKNOWN_SETTING', {
        message: `There is no setting ${JSON.stringify(name.slice(0, 80))}.`,
      });
    this.#repository.set(name, this.parse(name, value));
    this.#changed.fire(name);
  }

  /** The value as it would be set. Errors: `BAD_REQUEST`. */
  parse<Name extends SettingName>(name: Name, value: unknown): Settings[Name] {
    const what = `value of ${name}`;
    // The schema of `name` yields the type of `name`; TypeScript cannot see this through the indexed lookup.
    return parseWith<unknown>(settingSchemas[name], value, { what, code: 'BAD_REQUEST' }) as Settings[Name];
  }
}

function isSettingName(name: string): name is SettingName {
  return Object.hasOwn(settingSchemas, name);
}

/** The values that apply until they are set. */
export function defaultSettings(stateDir: string): Settings {
  return {
    gamesDir: join(stateDir, 'games'),
    playerName: defaultName(),
    language: 'en',
    uploadLimitBytesPerSecond: null,
    uploadLimitPerPeerBytesPerSecond: null,
    maxUploadPeers: null,
    maxConcurrentDownloads: 2,
    roomKeyFile: null,
    tellWhatIsPlayed: true,
    staticPeers: [],
    controlPort: null,
    lanePort: null,
    requireSignedCatalogs: false,
    trustedKeys: [],
    catalogSources: {},
    extensionOrder: [],
    kiosk: false,
    kioskActions: ['play'],
    kioskIdleMinutes: 5,
    theme: 'dark',
    collections: [],
    setupDone: false,
  };
}

function isPublicKey(text: string): boolean {
  try {
    parsePublicKey(text);
    return true;
  } catch {
    // The error says only why; the setting's own message says that already.
    return false;
  }
}

function defaultName(): string {
  try {
    return `${userInfo().username} on ${hostname()}`.slice(0, 64);
  } catch {
    // A user id without an entry, as in containers.
    return hostname().slice(0, 64) || 'Lanspread';
  }
}
