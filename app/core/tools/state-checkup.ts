/** The state directory as `lanspread doctor` sees it. Reading alone needs no core and disturbs none. */
import { resolve } from 'node:path';
import { toLanspreadError, type LanspreadError } from '../base/index.ts';
import { readRoomKey } from '../peers/index.ts';
import { defaultSettings, readSafeguards, SettingsStore } from '../settings/index.ts';
import { peekState, type StatePeek } from '../state/index.ts';

export interface StateCheckup {
  readonly database: StatePeek;
  /** As the settings have it. */
  readonly gamesDir: string;
  /** The player chose the games folder, or games lay in it before: one that is missing is away, not new. */
  readonly gamesDirIsKnown: boolean;
  /** Why the file with kiosk mode and the PIN counts as locked. */
  readonly safeguardsDamage?: string;
  /** Undefined: the room is open. */
  readonly roomKey?: { readonly path: string; readonly problem?: LanspreadError };
}

/** Errors: the file system's, of the state directory. */
export async function checkState(stateDir: string): Promise<StateCheckup> {
  const database = peekState(stateDir);
  const stored = database.kind === 'sound' ? database.settings : {};
  const safeguards = readSafeguards(stateDir);
  const values: Readonly<Record<string, unknown>> = {
    ...stored,
    ...(safeguards.kind === 'sound' && safeguards.safeguards),
  };
  const settings = new SettingsStore(
    { get: (name) => values[name], set: () => {}, all: () => ({ ...values }) },
    defaultSettings(stateDir),
  );
  const named = settings.get('roomKeyFile');
  return {
    database,
    gamesDir: settings.get('gamesDir'),
    gamesDirIsKnown: stored['gamesDir'] !== undefined,
    ...(safeguards.kind === 'damaged' && { safeguardsDamage: safeguards.reason }),
    ...(named !== null && { roomKey: await checkRoomKey(resolve(stateDir, named)) }),
  };
}

async function checkRoomKey(path: string): Promise<{ path: string; problem?: LanspreadError }> {
  try {
    await readRoomKey(path);
    return { path };
  } catch (error) {
    return { path, problem: toLanspreadError(error, 'IO_ERROR') };
  }
}
