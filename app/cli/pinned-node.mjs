// Plain JavaScript on purpose: the base Node must be able to run this file before the pinned one is found.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

/** Shared with the NW.js shell, which looks for the same Node. */
const { major, packages } = createRequire(import.meta.url)('./pinned-node.json');

/** The oldest major version of Node that runs Lanspread. */
const requiredMajor = major;

export function isPinnedNode() {
  return Number(process.versions.node.split('.')[0]) >= requiredMajor;
}

/** The path of the pinned Node's binary, or undefined where its platform package is not installed. */
export function findPinnedNode() {
  const name = packages[`${process.platform}-${process.arch}`];
  if (!name) return undefined;
  try {
    const manifest = createRequire(import.meta.url).resolve(`${name}/package.json`);
    return join(dirname(manifest), 'bin', process.platform === 'win32' ? 'node.exe' : 'node');
  } catch {
    return undefined;
  }
}

/** Ends the process with a clear message when this Node is too old. */
export function requirePinnedNode() {
  if (isPinnedNode()) return;
  process.stderr.write(
    `Lanspread needs Node ${requiredMajor} or newer; this is ${process.versions.node}.\n` +
      'The pinned Node comes with `npm ci` (do not pass --omit=optional); start it with `npm start` or `npx lanspread`.\n',
  );
  process.exit(1);
}
