/**
 * The launcher on Windows, for a test on Linux that starts it as it starts any peer: same arguments, same stdin, stdout and
 * exit code. Linux has no pipes that programs under Wine can use, so a parent on Windows passes all on over a socket.
 * Killed, it takes everything on Windows along at once, as a power cut would.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, open, readFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { labVariable, type LabPlaces } from './plan.ts';
import { windowsNode } from './wine.ts';

const checkout = fileURLToPath(new URL('../..', import.meta.url));
/** Where Windows finds the temporary folder of Linux, in which a test's games and state lie. */
const shared = '/linux-temporary';

const places = JSON.parse(process.env[labVariable] ?? '{}') as LabPlaces;
if (!places.root) throw new Error('This is started by tests of `npm run windows -- mixed`.');

function toWindows(argument: string): string {
  const from = `${tmpdir()}/`;
  if (!argument.startsWith(from)) return argument;
  return `Z:${`${shared}/${argument.slice(from.length)}`.replaceAll('/', '\\')}`;
}

// One for all: what Node keeps of a start there makes the next one faster.
const temporary = join(places.runs, 'temp');
await mkdir(temporary, { recursive: true });
const server = createServer({ allowHalfOpen: true }).listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
const port = typeof address === 'object' && address !== null ? address.port : 0;

const command = await windowsNode(
  ['test/windows/relay.ts', String(port), 'app/cli/lanspread.mjs', ...process.argv.slice(2).map(toWindows)],
  { places, checkout, temporary, environment: {}, ownNetwork: false, binds: { [shared]: tmpdir() } },
);
const [file = '', ...rest] = command;
const logPath = join(await mkdtemp(join(places.runs, 'peer-')), 'log');
const log = await open(logPath, 'w');
const child = spawn(file, rest, { stdio: ['ignore', log.fd, log.fd] });
const ended = once(child, 'close') as Promise<[number | null]>;

const connected = once(server, 'connection') as Promise<[Socket]>;
const socket = await Promise.race([connected.then(([first]) => first), ended.then(() => undefined)]);
if (socket) {
  socket.on('error', () => {});
  process.stdin.pipe(socket);
  socket.pipe(process.stdout);
}
const [exitCode] = await ended;
server.close();
await log.close();
process.stderr.write(await readFile(logPath));
process.exit(exitCode ?? 1);
