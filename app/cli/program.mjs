// Plain JavaScript on purpose: it is read before anything that has to be stripped.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const repository = fileURLToPath(new URL('../..', import.meta.url));

/**
 * What a bundle is made from, as one digest: our own files, and which packages at which versions.
 * @param {readonly string[]} sources relative to the repository
 * @param {(path: string) => string | Uint8Array} read
 * @returns {string}
 */
export function digestOf(sources, read) {
  const digest = process.getBuiltinModule('node:crypto').createHash('sha256');
  const { dependencies } = JSON.parse(String(read('package.json')));
  digest.update(JSON.stringify(dependencies));
  for (const path of sources) digest.update(`\n${path}\n`).update(read(path));
  return digest.digest('hex');
}

/**
 * What runs: the bundle that `npm ci` made, as long as every file it was made from is what it was; else the sources.
 * @param {string} [root]
 * @returns {{ url: string, isBundle: boolean }}
 */
export function findProgram(root = repository) {
  const dist = join(root, 'app', 'dist');
  try {
    const made = JSON.parse(readFileSync(join(dist, 'program.json'), 'utf8'));
    if (made.digest === digestOf(made.sources, (path) => readFileSync(join(root, path))))
      return { url: pathToFileURL(join(dist, made.folder, 'main.mjs')).href, isBundle: true };
  } catch {
    // Never built, or one of the files is gone.
  }
  return { url: pathToFileURL(join(root, 'app', 'cli', 'main.ts')).href, isBundle: false };
}
