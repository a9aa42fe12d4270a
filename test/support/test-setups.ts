/** Two versions of the installer for Windows, made before its tests run. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));

export const testVersions = ['7.0.0', '7.1.0'] as const;

export function setupPath(version: string): string {
  return join(repository, 'dist', 'test-setups', version, 'Lanspread-Setup.exe');
}

/** Makes both, quickly compressed. It takes half a minute. */
export async function makeTestSetups(): Promise<void> {
  const { makeSetup } = await import('../../build/package/make-setup.ts');
  const { findPlatform } = await import('../../build/package/platforms.ts');
  for (const version of testVersions)
    await makeSetup(join(setupPath(version), '..'), {
      platform: findPlatform('win-x64'),
      repository,
      version,
      isQuick: true,
    });
}
