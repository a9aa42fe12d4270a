/** This window's line to the core. Every store listens on it. */
import { CoreLink } from './core-link.svelte.ts';
import { keepToken, takeToken } from './token.ts';

export const link = new CoreLink(
  { port: Number(location.port), token: takeToken(), host: location.hostname },
  keepToken,
);
