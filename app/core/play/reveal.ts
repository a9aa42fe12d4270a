import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { LanspreadError } from '../base/index.ts';

/** The program that shows a folder on this system; undefined when there is no screen. Pure. */
function fileManagerOf({ platform, env }: { platform: NodeJS.Platform; env: NodeJS.ProcessEnv }): string | undefined {
  if (platform === 'win32') return 'explorer.exe';
  if (platform === 'darwin') return 'open';
  return env['DISPLAY'] || env['WAYLAND_DISPLAY'] ? 'xdg-open' : undefined;
}

/** Opens a folder in the platform's file manager. Throws `NOT_SUPPORTED` where there is none. */
export async function revealFolder(path: string): Promise<void> {
  const program = fileManagerOf(process);
  if (program === undefined) throw noFileManager(path);
  try {
    const child = spawn(program, [path], { stdio: 'ignore', detached: true });
    await once(child, 'spawn');
    child.unref();
  } catch (error) {
    throw noFileManager(path, error);
  }
}

function noFileManager(path: string, cause?: unknown): LanspreadError {
  return new LanspreadError('NOT_SUPPORTED', {
    message: `This system has no file manager to show ${path} in.`,
    details: { path },
    cause,
  });
}
