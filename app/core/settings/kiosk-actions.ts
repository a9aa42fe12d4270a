/** What a player at a locked PC may do: one table for the core, which refuses the rest, and for the UI, which does not offer it. */
export const kioskActions = ['play', 'get'] as const;
export type KioskAction = (typeof kioskActions)[number];
