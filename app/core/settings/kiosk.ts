/**
 * Kiosk mode: what a player at a café's PC may do. Each client of the RPC is locked on its own while the mode is on;
 * the PIN unlocks that client alone, until it leaves or locks again. A command line that starts a core of its own is such
 * a client. The program that `peer --jsonl` serves over its stdin is not: it is the operator's.
 */
import { z } from 'zod';
import { LanspreadError, type Clock, type Logger } from '../base/index.ts';
import type { SettingsRepository } from '../state/index.ts';
import type { KioskAction } from './kiosk-actions.ts';
import { hashPin, isPin, pinHashSchema, waitAfter, type PinHash } from './pin.ts';
import type { SettingName, Settings, SettingsStore } from './settings.ts';

/** What a player may set for the session; the operator's values come back at its end. */
const sessionSettings: readonly SettingName[] = ['playerName', 'language'];

const pinKey = 'kioskPin';
const profileKey = 'kioskProfile';
/** Kept, so that restarting the PC does not end a wait. */
const attemptsKey = 'kioskAttempts';
const attemptsSchema = z.object({ wrongInARow: z.int().nonnegative(), blockedUntil: z.number() });
type Attempts = z.infer<typeof attemptsSchema>;
const noAttempts: Attempts = { wrongInARow: 0, blockedUntil: 0 };

interface KioskOptions {
  settings: SettingsStore;
  /** With safeguards: kiosk mode and the PIN outlive the database. */
  repository: SettingsRepository;
  clock: Clock;
  logger: Logger;
  /** Stops whatever a player left running. */
  stopGames: () => Promise<void>;
}

export interface KioskStatus {
  readonly enabled: boolean;
  /** Of this client. */
  readonly locked: boolean;
  readonly hasPin: boolean;
  readonly actions: readonly KioskAction[];
  /** A session ends after so many minutes without input, unless a game runs. */
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
   * Errors: `WRONG_PIN`, `TOO_MANY_ATTEMPTS` (with `retryAfterSeconds`), `KIOSK_PIN_REQUIRED` where none is set,
   * `KIOSK_PIN_LOST` where the mode is on without one.
   */
  async check(pin: string): Promise<void> {
    const stored = this.#pin();
    if (!stored) throw new LanspreadError(this.isOn ? 'KIOSK_PIN_LOST' : 'KIOSK_PIN_REQUIRED');
    const { clock } = this.#options;
    // A clock that was set back must not make the wait longer than it was.
    const waitMs = Math.min(this.#attempts.blockedUntil - clock.now(), waitAfter(this.#attempts.wrongInARow));
    if (waitMs > 0) throw tooMany(waitMs);
    // Counted before the slow part: a hundred guesses at once are a hundred guesses.
    const wrongInARow = this.#attempts.wrongInARow + 1;
    const blockMs = waitAfter(wrongInARow);
    this.#keepAttempts({ wrongInARow, blockedUntil: blockMs > 0 ? clock.now() + blockMs : 0 });
    if (!(await isPin(pin, stored))) throw blockMs > 0 ? tooMany(blockMs) : new LanspreadError('WRONG_PIN');
    this.#keepAttempts(noAttempts);
  }

  /** What a locked client is told: nothing of keys, addresses, and accesses to catalogs, which are the operator's. */
  seenByPlayers(settings: Settings): Settings {
    return { ...settings, roomKeyFile: null, staticPeers: [], trustedKeys: [], catalogSources: {} };
  }

  /** A locked client sets something: only its session's settings, and the operator's values are kept for later. */
  beforeSessionSetting(name: string): void {
    const { settings, repository } = this.#options;
    if (!sessionSettings.some((allowed) => allowed === name)) throw new LanspreadError('KIOSK_LOCKED');
    if (repository.get(profileKey) !== undefined && repository.get(profileKey) !== null) return;
    repository.set(profileKey, { playerName: settings.get('playerName'), language: settings.get('language') });
  }

  /** The player leaves: games are stopped, name and language are the operator's again. */
  async endSession(): Promise<void> {
    const { settings, repository, stopGames } = this.#options;
    await stopGames();
    const profile = repository.get(profileKey);
    repository.set(profileKey, null);
    if (typeof profile !== 'object' || profile === null) return;
    for (const name of sessionSettings)
      if (name in profile) settings.set(name, (profile as Record<string, unknown>)[name]);
  }

  /** On a full disk the count holds until the core ends, and the right PIN still unlocks. */
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
