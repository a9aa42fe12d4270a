/**
 * The functions of Windows that list processes and end them, called through Node's foreign function interface. This needs no
 * helper program such as PowerShell or `wmic`, which a PC may lack or forbid. Loaded on first use, and only on Windows.
 * Source: Microsoft's reference of `tlhelp32.h`, `processthreadsapi.h` and `jobapi2.h`.
 */

/** A system handle that must be closed; undefined when the system gave none. */
type Handle = bigint;

interface Kernel32 {
  /** The processes in the system's snapshot. */
  readonly listProcesses: () => { readonly pid: number; readonly parentPid: number }[];
  /** The time at which a process was created, in 100 ns since 1601; undefined when it has ended or access is denied. */
  readonly createdAt: (pid: number) => bigint | undefined;
  /** Ends a process at once, unless another process has its pid by now. Returns whether it did. */
  readonly terminate: (pid: number, createdAt: bigint) => boolean;
  /**
   * Makes a job that holds the process and every process it will start; undefined when the system refuses. The processes
   * outlive the job.
   */
  readonly holdTogether: (pid: number) => Job | undefined;
}

export interface Job extends Disposable {
  /** The pids of its running processes. */
  readonly members: () => number[];
}

const snapshotOfProcesses = 0x2;
const mayTerminate = 0x1;
const mayBeInJob = 0x100 | mayTerminate;
const mayBeAsked = 0x1000;
const processIdList = 3;
const invalidHandle = 0xffff_ffff_ffff_ffffn;

/** The layout of `PROCESSENTRY32W` on 64-bit Windows. */
const entry = { sizeBytes: 568, pid: 8, parentPid: 32 } as const;
/** The most members of one job that are read; a game has fewer. */
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

/** Errors: loading fails when this Node has no such interface. */
export function kernel32(): Promise<Kernel32> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Kernel32> {
  const { dlopen } = await withoutWarning(() => import('node:ffi'));
  const { functions: native } = dlopen('kernel32.dll', functions);

  /** Runs `work` with a handle and then closes it; undefined when there is no handle. */
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
    // The system still knows an ended process while a program holds a handle of it.
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

/** Hides Node's warning that the interface may change: this program is pinned to a Node that has it. */
async function withoutWarning<T>(work: () => Promise<T>): Promise<T> {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return await work();
  } finally {
    process.emitWarning = emitWarning;
  }
}
