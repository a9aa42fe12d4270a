/** Exit codes on which scripts rely. */
export const exitCodes = { done: 0, failed: 1, usage: 2, busy: 3, interrupted: 130 } as const;
