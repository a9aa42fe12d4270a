export { parseThemes, readThemes, type Theme } from './read-themes.ts';
