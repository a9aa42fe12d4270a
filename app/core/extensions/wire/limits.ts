/** Limits of the link between the host and an extension's process. Both ends keep to them. */

const mib = 1024 * 1024;

/** The JSON of one message. */
export const maxJsonBytes = 4 * mib;
/** The bytes beside it: a piece of an archive or of a file. */
export const maxPieceBytes = 1 * mib;
/** Requests of an extension that the host has not answered yet. */
export const maxOpenRequests = 64;
/** Messages that nobody asked for: log lines, progress, answers. */
export const maxUnaskedPerSecond = 1_000;
/** Requests beyond this wait for the next second. */
export const maxRequestsPerSecond = 20_000;

/** Entries sent at a time. */
export const entriesPerMessage = 2_000;
export const maxEntries = 500_000;
/** A path in an archive, in UTF-16 code units: what is longer is not installed anyway, but named in the error. */
export const maxEntryPathLength = 4_096;
/** The most that a tool may print for `onOutput`, in all. */
export const maxToolOutputBytes = 512 * mib;
export const maxToolCaptureBytes = 16 * mib;
export const defaultToolCaptureBytes = 1 * mib;

export const maxFetchBytes = 16 * mib;
export const fetchLimitMs = 30_000;
export const maxStorageBytes = 1 * mib;
/** Games on a page of a catalog source. */
export const maxGamesPerPage = 1_000;
