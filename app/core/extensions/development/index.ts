export { developExtension, type DevelopmentEvent, type DevelopOptions } from './develop.ts';
export { watchFolder } from './watch-folder.ts';
