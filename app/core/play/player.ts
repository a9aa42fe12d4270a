/** Starts games, and takes up games that an earlier core left running. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { FileHandle } from 'node:fs/promises';
import { LanspreadError, systemCode, type Clock, type FileSystem, type Logger } from '../base/index.ts';
import type { PlaySessionRepository, RunningGameRow } from '../state/index.ts';
import { checkCommand, checkWorkingFolder } from './check-command.ts';
import { endProcesses } from './end-processes.ts';
import { GameProcess } from './game-process.ts';
import { LastWords } from './last-words.ts';
import { expandArgument, gameEnvironment, planStart, playOf, type StartPlan } from './plan-launch.ts';
import { systemProcessTable, type ProcessTable } from './process-table.ts';
import { membersOf, type ProcessId } from './process-tree.ts';
import type { PlayRequest, RunningGame } from './types.ts';

interface GamePlayerOptions {
  fileSystem: FileSystem;
  sessions: PlaySessionRepository;
  clock: Clock;
  logger: Logger;
  processes?: ProcessTable;
  /** The folder for the last lines of games; absolute. */
  lastWordsDirectory: string;
}

const lookEveryMs = 1_000;

/** Lanspread's own variables, which no game should inherit. */
const ownVariables = /^(LANSPREAD_|NODE_|npm_)/;

export class GamePlayer {
  readonly #options: GamePlayerOptions;
  readonly #processes: ProcessTable;
  readonly #lastWords: LastWords;

  constructor(options: GamePlayerOptions) {
    this.#options = options;
    this.#processes = options.processes ?? systemProcessTable();
    this.#lastWords = new LastWords(options.lastWordsDirectory);
  }

  /**
   * Throws the error that would keep the game from starting, before anything runs: `LAUNCH_MISSING`, `INVALID_PATH`,
   * `NOT_A_PROGRAM`.
   */
  async assertStartable(request: PlayRequest): Promise<void> {
    await this.#prepare(request);
  }

  /** Starts the game. Errors: as above, and `PLAY_FAILED` when the system does not start the program. */
  async start(request: PlayRequest): Promise<RunningGame> {
    const { gameId, player } = request;
    const { plan, command, directory } = await this.#prepare(request);
    const startedAt = this.#options.clock.now();
    const inherited = Object.entries(process.env).filter(([name]) => !ownVariables.test(name));
    const env = { ...Object.fromEntries(inherited), ...gameEnvironment(gameId, { player, startedAt }) };
    const { pid, exit } = await this.#spawnWithLastWords(gameId, plan, { command, directory, env });
    await this.#beginSession(pid);
    // The game has its own session; the id is the pid of its first process.
    const sessionId = pid;
    const members = membersOf(await this.#processes.list(), { known: [], sessionId, play: playOf(gameId, startedAt) });
    const first = members.length > 0 ? members : await this.#firstMember(pid);
    return this.#watch({ gameId, startedAt, sessionId, members: first, exit, playedBeforeMs: 0 });
  }

  /**
   * Takes up games that still run although their core has ended. The time of games that ended meanwhile counts up to the last
   * look at them.
   */
  async resume(): Promise<RunningGame[]> {
    const { sessions } = this.#options;
    const rows = sessions.running();
    if (rows.length === 0) return [];
    const processes = await this.#processes.list();
    const running: RunningGame[] = [];
    for (const row of rows) {
      const { gameId, startedAt, sessionId } = row;
      const play = playOf(gameId, startedAt);
      const members = membersOf(processes, { known: row.members, sessionId, play });
      if (members.length === 0) {
        this.#close(row);
        continue;
      }
      const playedBeforeMs = Math.max(0, this.#options.clock.now() - startedAt);
      running.push(this.#watch({ gameId, startedAt, sessionId, members, exit: undefined, playedBeforeMs }));
    }
    return running;
  }

  async #prepare({ gameId, directory: local, launch, player }: PlayRequest): Promise<{
    plan: StartPlan;
    command: string;
    directory: string;
  }> {
    const { fileSystem } = this.#options;
    const { path: command, firstLine } = await checkCommand(fileSystem, {
      gameId,
      directory: local,
      path: launch.command,
    });
    const { workingDirectory } = launch;
    const directory =
      workingDirectory === undefined
        ? local
        : await checkWorkingFolder(fileSystem, { gameId, directory: local, path: workingDirectory });
    const args = launch.arguments.map((argument) => expandArgument(argument, player));
    const { platform } = process;
    const plan = planStart({ command, args, platform, firstLine, comSpec: process.env['ComSpec'] });
    return { plan, command, directory };
  }

  async #spawnWithLastWords(
    gameId: PlayRequest['gameId'],
    plan: StartPlan,
    facts: Omit<SpawnFacts, 'stderr'>,
  ): Promise<Started> {
    let file: FileHandle | undefined;
    try {
      file = await this.#lastWords.open(gameId);
    } catch (error) {
      this.#options.logger.debug({ gameId, err: error }, 'what a game says is not kept');
    }
    try {
      return await this.#spawn(plan, { ...facts, stderr: file?.fd ?? 'ignore' });
    } finally {
      await file?.close().catch(() => {});
    }
  }

  /** Archives made on Windows carry no executable bits, so a program that the catalog names gets the bit once. */
  async #spawn(plan: StartPlan, facts: SpawnFacts): Promise<Started> {
    try {
      return await spawnGame(plan, facts);
    } catch (error) {
      if (systemCode(error) !== 'EACCES' || plan.program !== facts.command) throw playFailed(facts.command, error);
    }
    try {
      await this.#options.fileSystem.setExecutable(facts.command, true);
      return await spawnGame(plan, facts);
    } catch (error) {
      throw playFailed(facts.command, error);
    }
  }

  /** Without a session, the game's processes are found by their parents. */
  async #beginSession(pid: number): Promise<void> {
    try {
      await this.#processes.beginSession?.(pid);
    } catch (error) {
      this.#options.logger.warn({ pid, err: error }, 'the processes of a game could not be held together');
    }
  }

  async #firstMember(pid: number): Promise<ProcessId[]> {
    const facts = (await this.#processes.list()).find((candidate) => candidate.pid === pid);
    return facts ? [{ pid: facts.pid, startedAt: facts.startedAt }] : [];
  }

  #watch(facts: {
    gameId: PlayRequest['gameId'];
    startedAt: number;
    sessionId: number;
    members: readonly ProcessId[];
    exit: Promise<number | undefined> | undefined;
    playedBeforeMs: number;
  }): RunningGame {
    const { sessions, clock, logger } = this.#options;
    const { gameId, startedAt, sessionId } = facts;
    // A storage error must not disturb the running game; only the next core would not find it.
    const remember = (members: readonly ProcessId[], playedMs: number): void => {
      void this.#lastWords.trim(gameId);
      try {
        // `seenAt` is computed from the counted time, not read from the wall clock: the played time is `seenAt` less
        // `startedAt`.
        sessions.putRunning({ gameId, startedAt, sessionId, members, seenAt: startedAt + Math.round(playedMs) });
      } catch (error) {
        logger.warn({ gameId, err: error }, 'a running game could not be remembered');
      }
    };
    remember(facts.members, facts.playedBeforeMs);
    return new GameProcess({
      ...facts,
      processes: this.#processes,
      play: playOf(gameId, startedAt),
      lastWords: () => this.#lastWords.read(gameId),
      end: endProcesses,
      remember,
      clock,
      onEnd: ({ detached, seconds, exitCode }) => {
        if (!detached) sessions.close({ gameId, startedAt, seconds, exitCode });
      },
      logger,
      lookEveryMs,
    });
  }

  #close({ gameId, startedAt, seenAt }: RunningGameRow): void {
    const { sessions, logger } = this.#options;
    const seconds = Math.max(0, (seenAt - startedAt) / 1_000);
    try {
      sessions.close({ gameId, startedAt, seconds, exitCode: undefined });
    } catch (error) {
      // The session stays stored as running; the next start tries again.
      logger.warn({ gameId, err: error }, 'the time of a game could not be stored');
    }
  }
}

interface SpawnFacts {
  readonly command: string;
  readonly directory: string;
  readonly env: NodeJS.ProcessEnv;
  /** An open file descriptor, or nothing. */
  readonly stderr: number | 'ignore';
}

interface Started {
  readonly pid: number;
  /** The exit code; undefined when a signal ended the process. */
  readonly exit: Promise<number | undefined>;
}

async function spawnGame(
  { program, args, verbatim }: StartPlan,
  { directory, env, stderr }: SpawnFacts,
): Promise<Started> {
  const child = spawn(program, args, {
    cwd: directory,
    env,
    stdio: ['ignore', 'ignore', stderr],
    // The game outlives the launcher, and its processes can be told from all others.
    detached: true,
    windowsVerbatimArguments: verbatim,
  });
  const exit = new Promise<number | undefined>((resolve) => child.once('exit', (code) => resolve(code ?? undefined)));
  await once(child, 'spawn');
  child.unref();
  return { pid: child.pid ?? 0, exit };
}

function playFailed(command: string, cause: unknown): LanspreadError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new LanspreadError('PLAY_FAILED', {
    message: `The game's program could not be started (${reason}).`,
    details: { command },
    cause,
  });
}
