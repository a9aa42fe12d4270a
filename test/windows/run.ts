/**
 * Runs suites on Windows' Node under Wine: `npm run windows -- [suites] [--only text]`, with what `test/run.ts` takes.
 * Makes what it needs once, in a cache folder (docs/windows.md). Exit code 3: it cannot be on this machine.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { requirePinnedNode } from '../../app/cli/pinned-node.mjs';
import { makeTestSetups } from '../support/test-setups.ts';
import { debianMirror } from './apt-sources.ts';
import { cached, sweep } from './cached.ts';
import { CommandFailed } from './command.ts';
import { makeDebianRoot } from './debian-root.ts';
import { lockLab } from './lock.ts';
import { bringPackages } from './packages.ts';
import { labPlaces, labVariable, whyNoLab, type LabPlaces, type MachineFacts } from './plan.ts';
import { runWindowsNode } from './wine.ts';

requirePinnedNode();

const cannotBeHere = 3;
const mixedSuite = 'mixed';
/** Wine takes two to three times as long for files and processes. */
const patienceUnderWine = '3';
const checkout = fileURLToPath(new URL('../..', import.meta.url));

function readOsRelease(): Record<string, string> {
  if (!existsSync('/etc/os-release')) return {};
  const lines = readFileSync('/etc/os-release', 'utf8').split('\n');
  const pairs = lines.map((line) => line.split('=', 2)).filter((pair) => pair.length === 2);
  return Object.fromEntries(pairs.map(([name = '', value = '']) => [name, value.replaceAll('"', '')]));
}

function lookAround(): MachineFacts {
  const { ID, VERSION_CODENAME = '' } = readOsRelease();
  const names = ['/etc/apt/sources.list', ...globSync('/etc/apt/sources.list.d/*.{list,sources}').sort()];
  const files = names.filter((name) => existsSync(name)).map((name) => ({ name, text: readFileSync(name, 'utf8') }));
  return {
    platform: process.platform,
    arch: process.arch,
    userId: process.getuid?.(),
    system: ID,
    mirror: debianMirror(files, VERSION_CODENAME),
  };
}

async function run(parameters: readonly string[]): Promise<number> {
  const facts = lookAround();
  const why = whyNoLab(facts);
  if (why !== undefined || facts.mirror === undefined) {
    console.error(`The Windows lab cannot be here: ${why}.`);
    return cannotBeHere;
  }
  const { mirror } = facts;
  const lockFile = readFileSync(join(checkout, 'package-lock.json'), 'utf8');
  const places = labPlaces(process.env, { home: homedir(), lockFile });
  await mkdir(places.cache, { recursive: true });
  using _lock = await lockLab(places.lock);
  await sweep(places);
  try {
    await cached(places.root, async (half) => {
      console.log(`Making the Windows lab in ${places.cache}; this takes two minutes and 3 GB, once.`);
      await makeDebianRoot(half, mirror);
    });
    await cached(places.packages, async (half) => {
      console.log('Bringing the packages for Windows, once for this lock file.');
      await bringPackages(half, checkout);
    });
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error;
    console.error(`The Windows lab could not be made: ${error.message}`);
    return cannotBeHere;
  }
  if (parameters.includes('setup')) await makeTestSetups();
  const { LANSPREAD_PATIENCE = patienceUnderWine } = process.env;
  try {
    const environment = { LANSPREAD_PATIENCE };
    if (parameters[0] === mixedSuite) return await runMixed(parameters, { places, environment });
    return await runWindowsNode(['test/run.ts', ...parameters], { places, checkout, environment });
  } finally {
    await rm(places.runs, { recursive: true, force: true });
  }
}

/** Runs on Linux; its tests start Windows' peers one by one (`windows-peer.ts`). */
async function runMixed(
  parameters: readonly string[],
  { places, environment }: { places: LabPlaces; environment: Record<string, string> },
): Promise<number> {
  const child = spawn(process.execPath, ['test/run.ts', ...parameters], {
    cwd: checkout,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, ...environment, [labVariable]: JSON.stringify(places) },
  });
  const [exitCode] = (await once(child, 'close')) as [number | null];
  return exitCode ?? 1;
}

process.exitCode = await run(process.argv.slice(2));
