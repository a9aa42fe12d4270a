export { assertCompatible, extensionApiVersion, isCompatible } from './compatible.ts';
export { manifestName, maxManifestBytes, parseManifest, readManifest } from './read-manifest.ts';
export {
  configuredFolders,
  manifestJsonSchema,
  manifestSchema,
  maxMagicOffset,
  toolPlatforms,
  type CatalogSourceContribution,
  type ExtensionManifest,
  type Permissions,
  type ThemeContribution,
  type ToolPlatform,
  type UnpackerContribution,
} from './schema.ts';
export { compareVersions, isInRange, parseRange, parseVersion } from './semver.ts';
