export { createExtensionHost } from './extension-host.ts';
export { defaultHostLimits, type HostLimits } from './limits.ts';
export type { ExtensionKeyValue } from './requests.ts';
