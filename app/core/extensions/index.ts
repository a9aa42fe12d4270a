export { testExtension, type CheckResult } from './compliance/index.ts';
export { developExtension, watchExtensionFolder, type DevelopmentEvent } from './development/index.ts';
export { createExtensionHost, type HostLimits } from './host/index.ts';
export { ExtensionManager, type Extensions } from './manager.ts';
export {
  extensionApiVersion,
  manifestName,
  parseManifest,
  readManifest,
  type ExtensionManifest,
  type Permissions,
} from './manifest/index.ts';
export { maxPackageBytes, openPackage, packFolder, signPackage, type OpenedPackage } from './package/index.ts';
export * from './store/index.ts';
export type { Theme } from './themes/index.ts';
export type * from './types.ts';
export type { ExtensionView } from './view.ts';
