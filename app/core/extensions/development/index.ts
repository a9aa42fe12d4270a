export { developExtension, type DevelopmentEvent } from './develop.ts';
export { watchFolder } from './watch-folder.ts';
