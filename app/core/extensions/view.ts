/** One extension as the UI and the command line show it. Pure. */
import type { ExtensionPhase, ExtensionState, ExtensionTrust } from './types.ts';
import {
  noPermissions,
  permissionsOf,
  type AddedPermissions,
  type KnownExtension,
  type ExtensionOrigin,
} from './store/index.ts';

interface Contribution {
  readonly id: string;
  readonly label: string;
}

export interface ExtensionView {
  /** `publisher.name`. */
  readonly id: string;
  readonly label: string;
  readonly publisher: string;
  readonly version: string;
  readonly description?: string;
  readonly license?: string;
  readonly trust: ExtensionTrust;
  /** The name of the trusted key that signed it. */
  readonly signer?: string;
  readonly origin: ExtensionOrigin;
  readonly enabled: boolean;
  readonly phase: ExtensionPhase;
  /** Its process is there. */
  readonly running: boolean;
  /** All that it asks for. */
  readonly permissions: AddedPermissions;
  /** The permissions that the player has to grant before it can be enabled. */
  readonly missing: AddedPermissions;
  readonly contributions: {
    readonly unpackers: readonly Contribution[];
    readonly catalogSources: readonly Contribution[];
    readonly themes: readonly Contribution[];
  };
  /** Since it was installed. */
  readonly crashes: number;
  /** Why it failed last, or why it cannot be used. */
  readonly lastError?: { readonly code: string; readonly message: string };
}

export function extensionViewOf(known: KnownExtension, state: ExtensionState | undefined): ExtensionView {
  const { id, manifest, trust, signer, origin, enabled, missing, problem } = known;
  const { unpackers = [], catalogSources = [], themes = [] } = manifest?.contributes ?? {};
  const phase = enabled ? (state?.phase ?? 'stopped') : 'disabled';
  const error = problem ?? state?.lastError;
  const outline = ({ id, label }: Contribution): Contribution => ({ id, label });
  return {
    id,
    label: manifest?.displayName ?? id,
    publisher: manifest?.publisher ?? '',
    version: manifest?.version ?? '',
    ...(manifest?.description !== undefined && { description: manifest.description }),
    ...(manifest && { license: manifest.license }),
    trust,
    ...(signer !== undefined && { signer }),
    origin,
    enabled,
    phase,
    running: phase === 'running' || phase === 'starting',
    permissions: permissionsOf(manifest?.permissions ?? noPermissions),
    missing,
    contributions: {
      unpackers: unpackers.map(outline),
      catalogSources: catalogSources.map(outline),
      themes: themes.map(outline),
    },
    crashes: known.crashCount,
    ...(error && { lastError: { code: error.code, message: error.message } }),
  };
}
