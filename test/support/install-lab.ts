/** A games folder, a state and an installer over both, for tests of installing. */
import { existsSync } from 'node:fs';
import { nodeFileSystem, parseGameId, silentLogger, systemClock, type FileSystem } from '../../app/core/base/index.ts';
import {
  createInstaller,
  recover,
  streamingFileHasher,
  type ArchiveRules,
  type InstallContext,
  type Installer,
  type InstallRequest,
  type RecoveryContext,
  type RecoveryReport,
} from '../../app/core/install/index.ts';
import { RootLocks } from '../../app/core/game-folder/index.ts';
import { openState, type State } from '../../app/core/state/index.ts';
import { createSevenZipUnpacker } from './seven-zip.ts';
import { makeGame, type GameRoot, type GameSpec } from './games.ts';
import { tempDir } from './temp.ts';
import { windowsRules } from './windows-rules.ts';

export interface InstallLab extends AsyncDisposable {
  readonly directory: string;
  readonly gamesDir: string;
  readonly state: State;
  readonly installer: Installer;
  readonly context: InstallContext;
  game(spec: GameSpec): Promise<GameRoot>;
  recover(): Promise<RecoveryReport>;
}

export interface LabOptions {
  fileSystem?: FileSystem;
  unpackers?: InstallContext['unpackers'];
  logger?: InstallContext['logger'];
  growthCheckMs?: number;
  /** The catalog's word on the archives. */
  rules?: ArchiveRules;
  /** The catalog's patterns. */
  keep?: readonly string[];
  /** Use this folder, which stays, in place of a temporary one. */
  directory?: string;
}

export function requestFor({ id, root, version }: Pick<GameRoot, 'id' | 'root' | 'version'>): InstallRequest {
  return { gameId: parseGameId(id), root, version };
}

export async function installLab(options: LabOptions = {}): Promise<InstallLab> {
  const temp = options.directory === undefined ? await tempDir('install') : undefined;
  const directory = options.directory ?? temp?.path ?? '';
  const gamesDir = `${directory}/games`;
  const { state } = openState({ directory: `${directory}/state` });
  const fileSystem = options.fileSystem ?? windowsRules(nodeFileSystem);
  const context: InstallContext & RecoveryContext = {
    fileSystem,
    state,
    unpackers: options.unpackers ?? (() => [createSevenZipUnpacker()]),
    hashFile: streamingFileHasher(fileSystem),
    locks: new RootLocks(),
    clock: systemClock,
    logger: options.logger ?? silentLogger,
    ...(options.growthCheckMs !== undefined && { growthCheckMs: options.growthCheckMs }),
    keepPatterns: () => options.keep ?? [],
    archiveRules: () => options.rules ?? {},
    isInCatalog: () => true,
    gamesDir: () => gamesDir,
  };
  return {
    directory,
    gamesDir,
    state,
    installer: createInstaller(context),
    context,
    game: (spec) => makeGame(gamesDir, spec),
    recover: () => recover(context, { gamesDir }),
    async [Symbol.asyncDispose]() {
      state[Symbol.dispose]();
      await temp?.[Symbol.asyncDispose]();
    },
  };
}

export const listener = { onBegin() {}, onProgress() {} };

export function isThere(path: string): boolean {
  return existsSync(path);
}
