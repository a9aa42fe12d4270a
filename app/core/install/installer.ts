import type { GameId, SignalOptions } from '../base/index.ts';
import type { InstallContext } from './context.ts';
import { install } from './install.ts';
import { settleFirst } from './preconditions.ts';
import { checkPayload, type InstallProblem } from './payload.ts';
import { assertRemovable, isHalfRemoved, removeDownload } from './remove-download.ts';
import { streamedInstall } from './streamed-install.ts';
import type {
  InstallListener,
  InstallRequest,
  StreamedInstallListener,
  StreamedInstallRequest,
  StreamedInstallResult,
} from './types.ts';
import { uninstall } from './uninstall.ts';
import { update } from './update.ts';

type Target = { gameId: GameId; root: string };

/** Installs, updates and removes games. The caller makes sure that only one of these runs at a time per game. */
export interface Installer {
  /**
   * Settles an unfinished earlier operation in this game folder; see `settleFirst`. Every other operation begins with
   * it.
   */
  settle(target: Target, options: SignalOptions): Promise<void>;
  /** See `checkPayload`. */
  check(target: Target, options: { signal: AbortSignal }): Promise<InstallProblem | undefined>;
  /** See `install`. */
  install(request: InstallRequest, listener: InstallListener, options: { signal: AbortSignal }): Promise<void>;
  /** See `streamedInstall`. */
  streamedInstall(
    request: StreamedInstallRequest,
    listener: StreamedInstallListener,
    options: { signal: AbortSignal },
  ): Promise<StreamedInstallResult>;
  /** See `update`. */
  update(request: InstallRequest, listener: InstallListener, options: { signal: AbortSignal }): Promise<void>;
  /** See `uninstall`. */
  uninstall(target: Target, options: { signal: AbortSignal }): Promise<void>;
  /** Throws `NOT_REMOVABLE` with a reason; changes nothing. */
  assertRemovable(target: Target): Promise<void>;
  /** See `isHalfRemoved`. */
  isHalfRemoved(target: Target): boolean;
  /** See `removeDownload`. */
  removeDownload(target: Target): Promise<void>;
}

export function createInstaller(context: InstallContext): Installer {
  return {
    settle: (target, options) => settleFirst(context, target, options),
    check: ({ root, gameId }, { signal }) =>
      checkPayload(root, {
        fileSystem: context.fileSystem,
        unpackers: context.unpackers(),
        rules: context.archiveRules(gameId),
        limits: context.limits,
        signal,
      }),
    install: (request, listener, { signal }) => install(context, request, { listener, signal }),
    streamedInstall: (request, listener, { signal }) => streamedInstall(context, request, { listener, signal }),
    update: (request, listener, { signal }) => update(context, request, { listener, signal }),
    uninstall: (target, options) => uninstall(context, target, options),
    assertRemovable: (target) => assertRemovable(context, target),
    isHalfRemoved: (target) => isHalfRemoved(context, target),
    removeDownload: (target) => removeDownload(context, target),
  };
}
