/**
 * The Chromium that the UI's tests drive: the one from npm, so that nothing has to be installed by hand. Unpacked once
 * into the system's folder for temporary files.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import chromiumPackage, { inflate } from '@sparticuz/chromium';
import { chromium, type Browser, type Page } from 'playwright-core';

const artefacts = fileURLToPath(new URL('../artefacts/', import.meta.url));
const packed = fileURLToPath(new URL('../../node_modules/@sparticuz/chromium/bin/al2023.tar.br', import.meta.url));

const args = [
  '--no-sandbox',
  '--disable-gpu',
  '--headless=shell',
  '--force-color-profile=srgb',
  '--font-render-hinting=none',
];

export async function launchBrowser(): Promise<Browser> {
  const executablePath = await chromiumPackage.executablePath();
  try {
    return await chromium.launch({ executablePath, args });
  } catch (error) {
    if (!String(error).includes('shared libraries')) throw error;
    // A machine without a desktop lacks some libraries; the package brings them.
    const libraries = join(await inflate(packed), 'lib');
    return await chromium.launch({ executablePath, args, env: { ...process.env, LD_LIBRARY_PATH: libraries } });
  }
}

/** Keeps a picture of the page in `test/artefacts/`, for people to look at. */
export async function keepPicture(page: Page, name: string): Promise<void> {
  await mkdir(artefacts, { recursive: true });
  await writeFile(join(artefacts, `${name}.png`), await page.screenshot({ animations: 'disabled' }));
}
