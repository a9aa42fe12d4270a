import { createInterface } from 'node:readline';
import type { Command } from 'commander';
import type { CoreHandle, CoreOptions } from '../../core/core.ts';
import { toCodedError } from '../../core/rpc/index.ts';
import { askedToEnd } from '../asked-to-end.ts';
import { exitCodes } from '../exit.ts';
import { LineOutput } from '../line-output.ts';
import { createLogger } from '../logging.ts';
import { addCoreFlags, coreOptionsOf, stateDirOf, type CoreFlags } from '../options.ts';
import { builtInExtensions } from '../built-in-extensions.ts';
import { reportStartFailure } from './start-failure.ts';
import { stayUp } from '../stay-up.ts';

interface PeerFlags extends CoreFlags {
  jsonl?: boolean;
}

type StartCore = (options: CoreOptions) => Promise<CoreHandle>;

const startRealCore: StartCore = async (options) => await (await import('../../core/core.ts')).startCore(options);

/** `start`: replaces the start of the core, for programs that break it on purpose. */
export function addPeerCommand(program: Command, { start = startRealCore }: { start?: StartCore } = {}): void {
  addCoreFlags(program.command('peer').description('a peer driven by JSON lines on stdin and stdout'))
    .requiredOption('--jsonl', 'one JSON object a line, in and out')
    .addHelpText(
      'after',
      '\nExample:\n  $ lanspread peer --jsonl --games-dir ./games --state-dir ./state --catalog ./catalog.json\n',
    )
    .action(async (flags: PeerFlags) => {
      process.exitCode = await runPeer(flags, start);
    });
}

/** Returns the exit code once the peer has stopped. */
async function runPeer(flags: PeerFlags, start: StartCore): Promise<number> {
  const logger = createLogger({ stateDir: stateDirOf(flags), stderrLevel: flags.logLevel ?? 'warn' });
  stayUp(logger);
  const asked = askedToEnd(['SIGINT', 'SIGTERM']);
  const output = new LineOutput(1);
  let handle: CoreHandle;
  try {
    handle = await start({ ...coreOptionsOf(flags), logger, builtInExtensions });
  } catch (error) {
    return reportStartFailure(error);
  }
  handle.events((event) => output.write(event));
  let exitCode: number = exitCodes.done;
  const stop = (code: number): void => {
    exitCode = code;
    void handle.stop();
  };
  void asked.then((signal) => stop(signal === 'SIGINT' ? exitCodes.interrupted : exitCodes.done));
  const lines = createInterface({ input: process.stdin, terminal: false });
  lines.on('line', (line) => {
    if (line.trim() === '') return;
    void answer(handle, line).then(({ reply, quit }) => {
      output.write(reply);
      if (quit) stop(exitCodes.done);
    });
  });
  lines.on('close', () => stop(exitCode));
  const { failed } = await handle.stopped;
  lines.close();
  process.stdin.destroy();
  await output.end();
  return failed ? exitCodes.failed : exitCode;
}

interface Answer {
  reply: object;
  quit?: boolean;
}

/** Gives exactly one reply to each line, valid or not. */
async function answer(handle: CoreHandle, line: string): Promise<Answer> {
  let id: unknown = null;
  try {
    const request: unknown = JSON.parse(line);
    if (
      typeof request !== 'object' ||
      request === null ||
      !('command' in request) ||
      typeof request.command !== 'string'
    ) {
      if (typeof request === 'object' && request !== null && 'id' in request) ({ id } = request);
      return {
        reply: {
          id,
          error: { code: 'BAD_REQUEST', message: 'A request is { "id": …, "command": "…", "params": { … } }.' },
        },
      };
    }
    if ('id' in request) ({ id } = request);
    if (request.command === 'quit') return { reply: { id, result: { accepted: true } }, quit: true };
    const result = await handle.commands.invokeUnknown(request.command, 'params' in request ? request.params : {});
    return { reply: { id, result } };
  } catch (error) {
    const coded =
      error instanceof SyntaxError ? { code: 'BAD_REQUEST', message: 'The line is not JSON.' } : toCodedError(error);
    return { reply: { id, error: coded } };
  }
}
