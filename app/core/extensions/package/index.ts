export { maxPackageBytes, openPackage, signPackage, type OpenedPackage } from './lanx.ts';
export { packFolder, type PackedFolder } from './pack-folder.ts';
