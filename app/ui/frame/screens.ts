export const screens = ['library', 'queue', 'room', 'settings', 'extensions'] as const;
export type Screen = (typeof screens)[number];
