/** The choices of the player and the operator: settings, kiosk mode, the PIN. */
export type { KioskAction } from './kiosk-actions.ts';
export { Kiosk, type KioskStatus } from './kiosk.ts';
export { defaultSettings, type SettingName, type Settings, SettingsStore } from './settings.ts';
export { readSafeguards, withSafeguards } from './safeguards.ts';
