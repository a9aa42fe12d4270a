export { readThemes, type Theme } from './read-themes.ts';
