/** Programs of Linux that the lab is made with. */
import { spawn } from 'node:child_process';

/** A program that could not do its work; the message is one line that ends with the last it said. */
export class CommandFailed extends Error {
  override readonly name = 'CommandFailed';
}

export interface CommandOptions {
  readonly cwd?: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}

/** Runs a program to its end and returns what it wrote to stdout. Throws `CommandFailed`. */
export async function must(file: string, parameters: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(file, parameters, {
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.cwd !== undefined && { cwd: options.cwd }),
    env: { ...process.env, ...options.environment },
  });
  let said = '';
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text;
    said = (said + text).slice(-saidKept);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-saidKept);
  });
  child.on('error', (error) => reject(new CommandFailed(`${file} could not be started: ${error.message}`)));
  child.on('close', (exitCode, signal) => {
    if (exitCode === 0) resolve(output);
    else reject(new CommandFailed(`${file} ended with ${exitCode ?? signal}: ${said.trim().split('\n').at(-1)}`));
  });
  return await promise;
}

const saidKept = 2_000;
