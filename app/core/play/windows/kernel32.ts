/**
 * The functions of Windows that tell of processes and end them, called by Node's own foreign function interface: no program
 * has to be started for it, as PowerShell or `wmic`, which a PC may lack or forbid. Loaded when it is first needed, and only
 * on Windows. Source: Microsoft's reference of `tlhelp32.h`, `processthreadsapi.h` and `jobapi2.h`.
 */

/** A handle of the system, to be closed; undefined where the system gave none. */
type Handle = bigint;

interface Kernel32 {
  /** What the snapshot of the system lists. */
  readonly listProcesses: () => { readonly pid: number; readonly parentPid: number }[];
  /** When a process was created, in 100 ns since 1601; undefined for one that is gone or that may not be asked. */
  readonly createdAt: (pid: number) => bigint | undefined;
  /** Ends a process at once, unless its pid is another one's by now. Tells whether it did. */
  readonly terminate: (pid: number, createdAt: bigint) => boolean;
  /** A job that holds the process and all that it will start; undefined where the system refuses. Processes outlive it. */
  readonly holdTogether: (pid: number) => Job | undefined;
}

export interface Job extends Disposable {
  /** Pids of those that run. */
  readonly members: () => number[];
}

const snapshotOfProcesses = 0x2;
const mayTerminate = 0x1;
const mayBeInJob = 0x100 | mayTerminate;
const mayBeAsked = 0x1000;
const processIdList = 3;
const invalidHandle = 0xffff_ffff_ffff_ffffn;

/** `PROCESSENTRY32W` as 64-bit Windows lays it out. */
const entry = { sizeBytes: 568, pid: 8, parentPid: 32 } as const;
/** Of one job; a game with more is no game. */
const mostMembers = 4_096;

const functions = {
  CreateToolhelp32Snapshot: { arguments: ['uint32', 'uint32'], return: 'pointer' },
  Process32FirstW: { arguments: ['pointer', 'buffer'], return: 'int32' },
  Process32NextW: { arguments: ['pointer', 'buffer'], return: 'int32' },
  OpenProcess: { arguments: ['uint32', 'int32', 'uint32'], return: 'pointer' },
  GetProcessTimes: { arguments: ['pointer', 'buffer', 'buffer', 'buffer', 'buffer'], return: 'int32' },
  TerminateProcess: { arguments: ['pointer', 'uint32'], return: 'int32' },
  CloseHandle: { arguments: ['pointer'], return: 'int32' },
  CreateJobObjectW: { arguments: ['pointer', 'pointer'], return: 'pointer' },
  AssignProcessToJobObject: { arguments: ['pointer', 'pointer'], return: 'int32' },
  QueryInformationJobObject: { arguments: ['pointer', 'int32', 'buffer', 'uint32', 'pointer'], return: 'int32' },
} as const;

let loaded: Promise<Kernel32> | undefined;

/** Errors: those of loading, where this Node has no such interface. */
export function kernel32(): Promise<Kernel32> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Kernel32> {
  const { dlopen } = await withoutWarning(() => import('node:ffi'));
  const { functions: native } = dlopen('kernel32.dll', functions);

  /** Does the work with a handle and closes it; undefined where there is none. */
  const withHandle = <T>(given: unknown, work: (handle: Handle) => T): T | undefined => {
    const handle = given as Handle;
    if (handle === 0n || handle === invalidHandle) return undefined;
    try {
      return work(handle);
    } finally {
      native.CloseHandle(handle);
    }
  };

  const createdAtOf = (handle: Handle): bigint | undefined => {
    const [created, exited, kernel, user] = [Buffer.alloc(8), Buffer.alloc(8), Buffer.alloc(8), Buffer.alloc(8)];
    if (native.GetProcessTimes(handle, created, exited, kernel, user) === 0) return undefined;
    // One that has ended is known for as long as somebody holds it.
    return exited.readBigUInt64LE() === 0n ? created.readBigUInt64LE() : undefined;
  };

  return {
    listProcesses: () =>
      withHandle(native.CreateToolhelp32Snapshot(snapshotOfProcesses, 0), (snapshot) => {
        const found: { pid: number; parentPid: number }[] = [];
        const buffer = Buffer.alloc(entry.sizeBytes);
        buffer.writeUInt32LE(entry.sizeBytes);
        for (
          let more = native.Process32FirstW(snapshot, buffer);
          more !== 0;
          more = native.Process32NextW(snapshot, buffer)
        )
          found.push({ pid: buffer.readUInt32LE(entry.pid), parentPid: buffer.readUInt32LE(entry.parentPid) });
        return found;
      }) ?? [],

    createdAt: (pid) => withHandle(native.OpenProcess(mayBeAsked, 0, pid), createdAtOf),

    terminate: (pid, createdAt) =>
      withHandle(
        native.OpenProcess(mayBeAsked | mayTerminate, 0, pid),
        (handle) => createdAtOf(handle) === createdAt && native.TerminateProcess(handle, 1) !== 0,
      ) ?? false,

    holdTogether(pid) {
      const job = native.CreateJobObjectW(0n, 0n) as Handle;
      if (job === 0n) return undefined;
      const isHeld = withHandle(
        native.OpenProcess(mayBeInJob, 0, pid),
        (handle) => native.AssignProcessToJobObject(job, handle) !== 0,
      );
      if (!isHeld) {
        native.CloseHandle(job);
        return undefined;
      }
      const list = Buffer.alloc(8 + 8 * mostMembers);
      return {
        members() {
          if (native.QueryInformationJobObject(job, processIdList, list, list.length, 0n) === 0) return [];
          const count = Math.min(list.readUInt32LE(4), mostMembers);
          return Array.from({ length: count }, (_, index) => Number(list.readBigUInt64LE(8 + 8 * index)));
        },
        [Symbol.dispose]: () => void native.CloseHandle(job),
      };
    },
  };
}

/** Node tells every program that the interface may change; this one is pinned to a Node that has it. */
async function withoutWarning<T>(work: () => Promise<T>): Promise<T> {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return await work();
  } finally {
    process.emitWarning = emitWarning;
  }
}
