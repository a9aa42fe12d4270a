/** Which screen is shown. It stands in the address, so that going back works and a reload stays. */
import { screens, type Screen } from './screens.ts';

export type { Screen } from './screens.ts';

interface Place {
  readonly screen: Screen;
  /** The game whose page is shown in place of the screen. */
  readonly gameId: string | undefined;
  /** The part of the settings to begin at. */
  readonly section: string | undefined;
}

function parse(hash: string): Place {
  const [name, second] = hash.replace(/^#\/?/, '').split('/');
  const screen = screens.find((each) => each === name) ?? 'library';
  const rest = second ? decoded(second) : undefined;
  if (screen === 'settings') return { screen, gameId: undefined, section: rest };
  return { screen, gameId: rest, section: undefined };
}

/** The address may hold anything. What cannot be decoded names no game. */
function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

class Router {
  #place = $state.raw<Place>(parse(''));

  get screen(): Screen {
    return this.#place.screen;
  }

  get gameId(): string | undefined {
    return this.#place.gameId;
  }

  get section(): string | undefined {
    return this.#place.section;
  }

  /** Called once, after the token was taken out of the address. */
  start(): void {
    this.#place = parse(location.hash);
    addEventListener('hashchange', () => {
      this.#place = parse(location.hash);
    });
  }

  /** `part`: a game, or a section of the settings. */
  go(screen: Screen, part?: string): void {
    location.hash = part === undefined ? `/${screen}` : `/${screen}/${encodeURIComponent(part)}`;
  }

  openGame(gameId: string): void {
    this.go(this.screen, gameId);
  }

  closeGame(): void {
    this.go(this.screen);
  }
}

export const router = new Router();
