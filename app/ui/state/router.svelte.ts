/** Which screen is shown. It stands in the address, so that going back works and a reload stays. */
export const screens = ['library', 'queue', 'room', 'settings', 'extensions'] as const;
export type Screen = (typeof screens)[number];

interface Place {
  readonly screen: Screen;
  /** The game whose details lie over the screen. */
  readonly gameId: string | undefined;
}

function parse(hash: string): Place {
  const [name, gameId] = hash.replace(/^#\/?/, '').split('/');
  const screen = screens.find((each) => each === name) ?? 'library';
  return { screen, gameId: gameId ? decoded(gameId) : undefined };
}

/** Whatever somebody typed into the address: what cannot be read names no game. */
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

  /** Called once, after the token was taken out of the address. */
  start(): void {
    this.#place = parse(location.hash);
    addEventListener('hashchange', () => {
      this.#place = parse(location.hash);
    });
  }

  go(screen: Screen, gameId?: string): void {
    location.hash = gameId === undefined ? `/${screen}` : `/${screen}/${encodeURIComponent(gameId)}`;
  }

  openGame(gameId: string): void {
    this.go(this.screen, gameId);
  }

  closeGame(): void {
    this.go(this.screen);
  }
}

export const router = new Router();
