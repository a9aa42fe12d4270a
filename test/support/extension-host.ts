/** A host over extensions in folders, with what it tells written down. */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeFileSystem, silentLogger, systemClock, type LanspreadError } from '../../app/core/base/index.ts';
import {
  createExtensionHost,
  readManifest,
  type ExtensionDescription,
  type ExtensionHost,
  type ExtensionState,
  type HostLimits,
} from '../../app/core/extensions/index.ts';

export const misbehavingFolder = fileURLToPath(new URL('../../fixtures/extensions/misbehaving', import.meta.url));

export interface HostLab extends AsyncDisposable {
  readonly host: ExtensionHost;
  readonly states: ExtensionState[];
  readonly crashes: { readonly id: string; readonly error: LanspreadError }[];
  readonly disabled: { readonly id: string; readonly error: LanspreadError }[];
  readonly stored: Map<string, unknown>;
}

/** `onWrite` is called before a crash is written down, and may throw. */
export function hostLab(
  extensions: readonly ExtensionDescription[],
  limits: Partial<HostLimits> = {},
  onWrite: () => void = () => {},
): HostLab {
  const crashes: HostLab['crashes'] = [];
  const disabled: HostLab['disabled'] = [];
  const stored = new Map<string, unknown>();
  const states: ExtensionState[] = [];
  const host = createExtensionHost({
    storageOf: () => ({
      get: async (key) => stored.get(key),
      set: async (key, value) => void stored.set(key, value),
      delete: async (key) => void stored.delete(key),
      keys: async () => [...stored.keys()],
    }),
    ledger: {
      count: (id) => crashes.filter((crash) => crash.id === id).length,
      add(id, error) {
        onWrite();
        crashes.push({ id, error });
      },
      disable(id, error) {
        onWrite();
        disabled.push({ id, error });
      },
    },
    clock: systemClock,
    logger: silentLogger,
    limits,
  });
  host.onDidChangeState((state) => states.push(state));
  host.set(extensions);
  return { host, states, crashes, disabled, stored, [Symbol.asyncDispose]: () => host.stop({ timeoutMs: 500 }) };
}

export async function describeFolder(
  directory: string,
  changes: Partial<ExtensionDescription> = {},
): Promise<ExtensionDescription> {
  const manifest = await readManifest(nodeFileSystem, directory);
  return {
    id: manifest.id,
    manifest,
    directory,
    trust: 'sideloaded',
    granted: manifest.permissions,
    enabled: true,
    ...changes,
  };
}

/** A copy of an extension's folder under another name. */
export async function copyExtension(from: string, { to, name }: { to: string; name: string }): Promise<string> {
  await cp(from, to, { recursive: true });
  const path = join(to, 'package.json');
  const manifest: Record<string, unknown> = JSON.parse(await readFile(path, 'utf8'));
  await writeFile(path, JSON.stringify({ ...manifest, name }));
  return to;
}
