/** What `npm ci` ends with: the UI and the NW.js background script. An install without the build tools has them built already. */
import { fileURLToPath } from 'node:url';

function hasBuildTools(): boolean {
  try {
    import.meta.resolve('vite');
    return true;
  } catch {
    return false;
  }
}

if (hasBuildTools()) {
  const { buildUi } = await import('./ui.ts');
  const { buildNwBackground } = await import('./nw-background.ts');
  await Promise.all([buildUi(), buildNwBackground()]);
} else {
  process.stderr.write(
    `The build tools are not installed; ${fileURLToPath(new URL('../app/ui/dist', import.meta.url))} stays as it is.\n`,
  );
}
