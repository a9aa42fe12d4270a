/** What `npm ci` ends with: the UI, the NW.js background script and the bundled program. An install without the build tools has them built already. */
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
  const { buildProgram } = await import('./program.ts');
  await Promise.all([buildUi(), buildNwBackground(), buildProgram()]);
} else {
  process.stderr.write(
    `The build tools are not installed; ${fileURLToPath(new URL('../app/ui/dist', import.meta.url))} stays as it is.\n`,
  );
}
