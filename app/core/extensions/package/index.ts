export { maxPackageBytes, openPackage, signPackage, type OpenedPackage } from './lanx.ts';
export { packFolder } from './pack-folder.ts';
