/**
 * Kiosk mode limits a player at a café's PC. While the mode is on, each client of the RPC is locked separately. The PIN
 * unlocks only that client, until it leaves or locks again. A command line that starts its own core is such a client. The
 * program that `peer --jsonl` serves over its stdin is not: it belongs to the operator.
 */
import { z } from 'zod';
import { LanspreadError, type Clock, type Logger } from '../base/index.ts';
import type { SettingsRepository } from '../state/index.ts';
import type { KioskAction } from './kiosk-actions.ts';
import { hashPin, isPin, pinHashSchema, waitAfter, type PinHash } from './pin.ts';
import type { SettingName, Settings, SettingsStore } from './settings.ts';

/** Settings that a player may change for the session; the operator's values return at its end. */
const sessionSettings: readonly SettingName[] = ['playerName', 'language'];

const pinKey = 'kioskPin';
const profileKey = 'kioskProfile';
/** Stored, so that restarting the PC does not end a wait. */
const attemptsKey = 'kioskAttempts';
const attemptsSchema = z.object({ wrongInARow: z.int().nonnegative(), blockedUntil: z.number() });
type Attempts = z.infer<typeof attemptsSchema>;
const noAttempts: Attempts = { wrongInARow: 0, blockedUntil: 0 };

interface KioskOptions {
  settings: SettingsStore;
  /** With safeguards, so that kiosk mode and the PIN survive the loss of the database. */
  repository: SettingsRepository;
  clock: Clock;
  logger: Logger;
  /** Stops all games that a player left running. */
  stopGames: () => Promise<void>;
}

export interface KioskStatus {
  readonly enabled: boolean;
  /** Whether this client is locked. */
  readonly locked: boolean;
  readonly hasPin: boolean;
  readonly actions: readonly KioskAction[];
  /** A session ends after this many minutes without input, unless a game runs. */
  readonly idleMinutes: number;
}

export class Kiosk {
  readonly #options: KioskOptions;
  #attempts: Attempts;

  constructor(options: KioskOptions) {
    this.#options = options;
    const stored = attemptsSchema.safeParse(options.repository.get(attemptsKey));
    this.#attempts = stored.success ? stored.data : noAttempts;
  }

  get isOn(): boolean {
    return this.#options.settings.get('kiosk');
  }

  get actions(): readonly KioskAction[] {
    return this.#options.settings.get('kioskActions');
  }

  get hasPin(): boolean {
    return this.#pin() !== undefined;
  }

  status({ locked }: { locked: boolean }): KioskStatus {
    const { settings } = this.#options;
    const { isOn: enabled, hasPin, actions } = this;
    return { enabled, locked: enabled && locked, hasPin, actions, idleMinutes: settings.get('kioskIdleMinutes') };
  }

  async setPin(pin: string): Promise<void> {
    this.#options.repository.set(pinKey, await hashPin(pin));
    this.#keepAttempts(noAttempts);
  }

  /**
   * Errors: `WRONG_PIN`; `TOO_MANY_ATTEMPTS` (with `retryAfterSeconds`); `KIOSK_PIN_REQUIRED` when no PIN is set;
   * `KIOSK_PIN_LOST` when the mode is on without a PIN.
   */
  async check(pin: string): Promise<void> {
    const stored = this.#pin();
    if (!stored) throw new LanspreadError(this.isOn ? 'KIOSK_PIN_LOST' : 'KIOSK_PIN_REQUIRED');
    const { clock } = this.#options;
    // A clock that was set back must not lengthen the wait.
    const waitMs = Math.min(this.#attempts.blockedUntil - clock.now(), waitAfter(this.#attempts.wrongInARow));
    if (waitMs > 0) throw tooMany(waitMs);
    // Counts before the slow check, so that a hundred guesses at once count as a hundred.
    const wrongInARow = this.#attempts.wrongInARow + 1;
    const blockMs = waitAfter(wrongInARow);
    this.#keepAttempts({ wrongInARow, blockedUntil: blockMs > 0 ? clock.now() + blockMs : 0 });
    if (!(await isPin(pin, stored))) throw blockMs > 0 ? tooMany(blockMs) : new LanspreadError('WRONG_PIN');
    this.#keepAttempts(noAttempts);
  }

  /** The settings that a locked client sees: without keys, addresses and access to catalogs, which belong to the operator. */
  seenByPlayers(settings: Settings): Settings {
    return { ...settings, roomKeyFile: null, staticPeers: [], trustedKeys: [], catalogSources: {} };
  }

  /**
   * Called before a locked client changes a setting: allows only session settings, and stores the operator's values for
   * later.
   */
  beforeSessionSetting(name: string): void {
    const { settings, repository } = this.#options;
    if (!sessionSettings.some((allowed) => allowed === name)) throw new LanspreadError('KIOSK_LOCKED');
    if (repository.get(profileKey) !== undefined && repository.get(profileKey) !== null) return;
    repository.set(profileKey, { playerName: settings.get('playerName'), language: settings.get('language') });
  }

  /** The player leaves: stops games and restores the operator's name and language. */
  async endSession(): Promise<void> {
    const { settings, repository, stopGames } = this.#options;
    await stopGames();
    const profile = repository.get(profileKey);
    repository.set(profileKey, null);
    if (typeof profile !== 'object' || profile === null) return;
    for (const name of sessionSettings)
      if (name in profile) settings.set(name, (profile as Record<string, unknown>)[name]);
  }

  /** On a full disk the count is kept in memory until the core ends, and the right PIN still unlocks. */
  #keepAttempts(attempts: Attempts): void {
    this.#attempts = attempts;
    try {
      this.#options.repository.set(attemptsKey, attempts);
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'The count of wrong PINs could not be stored.');
    }
  }

  #pin(): PinHash | undefined {
    const result = pinHashSchema.safeParse(this.#options.repository.get(pinKey));
    return result.success ? result.data : undefined;
  }
}

function tooMany(waitMs: number): LanspreadError {
  const retryAfterSeconds = Math.ceil(waitMs / 1_000);
  return new LanspreadError('TOO_MANY_ATTEMPTS', {
    message: `The PIN was wrong too often. Try again in ${retryAfterSeconds} seconds.`,
    details: { retryAfterSeconds },
  });
}
