// Plain JavaScript on purpose: it runs before a version of Lanspread is chosen.
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';

/**
 * Where an installed Lanspread keeps settings, identity and the database: the platform's own place.
 * @param {{ platform: NodeJS.Platform, env: NodeJS.ProcessEnv }} [host]
 * @returns {string}
 */
export function platformStateDir({ platform, env } = process) {
  if (platform === 'win32') return join(env['LOCALAPPDATA'] ?? join(homedir(), 'AppData', 'Local'), 'Lanspread');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'Lanspread');
  return join(env['XDG_STATE_HOME'] || join(homedir(), '.local', 'state'), 'lanspread');
}

/**
 * The state directory that a command line means.
 * @param {readonly string[]} args
 * @returns {string}
 */
export function stateDirOfArguments(args) {
  const at = args.findIndex((argument) => argument === '--state-dir' || argument.startsWith('--state-dir='));
  const named = args[at]?.includes('=') ? args[at].slice('--state-dir='.length) : args[at + 1];
  return at >= 0 && named ? resolve(named) : platformStateDir();
}
