/** On Windows: starts the program and connects its stdin and stdout to a socket. See `windows-peer.ts`. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';

const [port = '', ...command] = process.argv.slice(2);
const socket = connect({ host: '127.0.0.1', port: Number(port), allowHalfOpen: true });
await once(socket, 'connect');
const child = spawn(process.execPath, command, { stdio: ['pipe', 'pipe', 'inherit'] });
socket.pipe(child.stdin);
child.stdout.pipe(socket);
// Writing to one that has just ended is no fault.
child.stdin.on('error', () => {});
socket.on('error', () => child.kill());
const [exitCode] = (await once(child, 'close')) as [number | null];
process.exitCode = exitCode ?? 1;
// All that it said is sent by then.
socket.end(() => process.exit());
