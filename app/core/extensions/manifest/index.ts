export { assertCompatible, extensionApiVersion, isCompatible } from './compatible.ts';
export { manifestName, maxManifestBytes, parseManifest, readManifest } from './read-manifest.ts';
export {
  manifestJsonSchema,
  manifestSchema,
  type ExtensionManifest,
  type Permissions,
  type ToolPlatform,
  type UnpackerContribution,
} from './schema.ts';
export { compareVersions, isVersion } from './versions.ts';
