/**
 * A process that installs, updates, uninstalls or removes a game and is to be killed: `install-child.ts DIRECTORY ID VERSION
 * OPERATION [STEP]`. At the numbered step (disk or database) it kills itself without warning. Prints the number of steps
 * when it lives to the end.
 */
import { nodeFileSystem } from '../../app/core/base/index.ts';
import { faultFileSystem } from './fault-file-system.ts';
import { installLab, listener, requestFor } from './install-lab.ts';

const [directory = '', id = '', version = '', operation = '', crashStep = '0'] = process.argv.slice(2);
let count = 0;
const step = (): void => {
  count += 1;
  if (count === Number(crashStep)) process.kill(process.pid, 'SIGKILL');
};

await using lab = await installLab({ directory, fileSystem: faultFileSystem(nodeFileSystem, step), keep: ['cfg/**'] });
const { intents, inventory } = lab.state;
for (const [repository, name] of [
  [intents, 'put'],
  [intents, 'clear'],
  [inventory, 'replace'],
  [lab.state, 'transaction'],
] as const) {
  const target: object = repository;
  const original: unknown = Reflect.get(target, name);
  if (typeof original !== 'function') throw new TypeError(`${name} is no function`);
  Reflect.set(target, name, (...parameters: unknown[]) => {
    step();
    const result: unknown = Reflect.apply(original, target, parameters);
    step();
    return result;
  });
}
const request = requestFor({ id, version, root: `${lab.gamesDir}/${id}` });
const signal = AbortSignal.timeout(60_000);
const tell = { ...listener, onProgress: ({ bytes }: { bytes: number }) => bytes > 0 && process.send?.({ bytes }) };
if (operation === 'install') await lab.installer.install(request, tell, { signal });
else if (operation === 'update') await lab.installer.update(request, tell, { signal });
else if (operation === 'uninstall') await lab.installer.uninstall(request, { signal });
else if (operation === 'remove') await lab.installer.removeDownload(request);
else throw new Error(`There is no operation ${operation}.`);
process.stdout.write(`${count}\n`);
