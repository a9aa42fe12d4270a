export type { ExtensionOrigin } from './discover.ts';
export { ExtensionStore, type ExtensionStoreOptions } from './extension-store.ts';
export type { KnownExtension } from './known-extension.ts';
export type { InstallWarning, Question } from './plan-install.ts';
export { openStorage, type ExtensionStorage } from './storage.ts';
export type { InstallOptions, InstallOutcome } from './prepare-install.ts';
export { noPermissions, permissionsOf, type AddedPermissions } from './permissions.ts';
