export { developExtension, type DevelopmentEvent } from './develop.ts';
export { watchExtensionFolder } from './watch-folder.ts';
