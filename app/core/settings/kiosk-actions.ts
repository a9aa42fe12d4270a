/** The actions that a locked PC may offer. The core refuses all others, and the UI does not show them. */
export const kioskActions = ['play', 'get'] as const;
export type KioskAction = (typeof kioskActions)[number];
