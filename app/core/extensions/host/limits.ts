/** How long an extension may take for what, in milliseconds, and what its process may use. */
export interface HostLimits {
  /** From the start of its process until `activate` has ended. */
  readonly activateMs: number;
  readonly probeMs: number;
  /** Without progress. */
  readonly listMs: number;
  /** Without progress. */
  readonly planMs: number;
  readonly catalogPageMs: number;
  /** Without a byte. */
  readonly unpackMs: number;
  /** Without an answer to a sign of life that was asked for. */
  readonly heartbeatMs: number;
  /** From the abort of a call until its process is killed. */
  readonly graceMs: number;
  readonly deactivateMs: number;
  /** Without a call, before its process is stopped. */
  readonly idleMs: number;
  /** This many crashes… */
  readonly crashes: number;
  /** …in this time disable it. */
  readonly crashWindowMs: number;
  /** The heap of its JavaScript, in MiB. */
  readonly heapMib: number;
  /** All its memory, in bytes. */
  readonly residentBytes: number;
}

export const defaultHostLimits: HostLimits = {
  activateMs: 10_000,
  probeMs: 2_000,
  listMs: 60_000,
  planMs: 60_000,
  catalogPageMs: 30_000,
  unpackMs: 60_000,
  heartbeatMs: 3_000,
  graceMs: 5_000,
  deactivateMs: 5_000,
  idleMs: 30_000,
  crashes: 3,
  crashWindowMs: 5 * 60_000,
  heapMib: 256,
  residentBytes: 512 * 1024 * 1024,
};
