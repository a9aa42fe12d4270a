/** The list of processes: the port to the system, with one adapter for each platform. */
import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { playVariable } from './plan-launch.ts';
import type { ProcessFacts } from './process-tree.ts';
import { beginWindowsSession, listWindows } from './windows/process-list.ts';

export interface ProcessTable {
  list(): Promise<ProcessFacts[]>;
  /** Gives a process its own session right after its start, on systems where `detached` does not. */
  beginSession?(pid: number): Promise<void>;
}

const run = promisify(execFile);
const listLimitMs = 10_000;
const listBytes = 16 * 1024 * 1024;

export function systemProcessTable(platform: NodeJS.Platform = process.platform): ProcessTable {
  if (platform === 'linux') return linuxTable();
  if (platform === 'win32') return { list: listWindows, beginSession: beginWindowsSession };
  return { list: listPosix };
}

/** Positions in `/proc/<pid>/stat` after the name; the name itself may hold spaces and parentheses: see proc(5). */
const statFields = { state: 0, parentPid: 1, sessionId: 3, startTime: 19 } as const;

function linuxTable(): ProcessTable {
  /** Caches the environment of each process, by pid and start time. */
  let plays = new Map<string, string | undefined>();
  return {
    async list() {
      const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
      const facts = (await Promise.all(names.map(readLinux))).filter((found) => found !== undefined);
      const known = plays;
      plays = new Map();
      return await Promise.all(
        facts.map(async (found) => {
          const key = `${found.pid} ${found.startedAt}`;
          const play = known.has(key) ? known.get(key) : await playOf(found.pid);
          plays.set(key, play);
          return play === undefined ? found : { ...found, play };
        }),
      );
    },
  };
}

/** Undefined for processes of other users, which cannot be read, and for processes that no game started. */
async function playOf(pid: number): Promise<string | undefined> {
  try {
    const environment = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0');
    const prefix = `${playVariable}=`;
    return environment.find((entry) => entry.startsWith(prefix))?.slice(prefix.length);
  } catch {
    return undefined;
  }
}

async function readLinux(name: string): Promise<ProcessFacts | undefined> {
  let text: string;
  try {
    text = await readFile(`/proc/${name}/stat`, 'utf8');
  } catch {
    // The process ended between the listing and this read.
    return undefined;
  }
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // A zombie no longer runs; it waits for its parent to read its exit code.
  if (fields[statFields.state] === 'Z' || fields[statFields.state] === 'X') return undefined;
  return {
    pid: Number(name),
    parentPid: Number(fields[statFields.parentPid]),
    sessionId: Number(fields[statFields.sessionId]),
    startedAt: fields[statFields.startTime] ?? '',
  };
}

async function listPosix(): Promise<ProcessFacts[]> {
  const { stdout } = await run('ps', ['-axo', 'pid=,ppid=,sess=,stat=,lstart='], {
    timeout: listLimitMs,
    maxBuffer: listBytes,
    env: { ...process.env, LC_ALL: 'C' },
  });
  return stdout.split('\n').flatMap((line) => {
    const [pid, parentPid, sessionId, state, ...startedAt] = line.trim().split(/\s+/);
    if (!pid || state?.startsWith('Z')) return [];
    // macOS prints a session as an address; there the tree is found by parents.
    const session = Number(sessionId);
    return [
      {
        pid: Number(pid),
        parentPid: Number(parentPid),
        sessionId: Number.isSafeInteger(session) ? session : 0,
        startedAt: startedAt.join(' '),
      },
    ];
  });
}
