/** Whether the games folder is there. */
import { link } from './link.ts';

class GamesFolder {
  /** Its path while it is away. */
  lost = $state<string | undefined>(undefined);

  constructor() {
    link.onEvent((event) => {
      if (event.event === 'games-dir-lost') this.lost = event.gamesDir;
      else if (event.event === 'games-dir-back') this.lost = undefined;
    });
    link.onConnected(async () => {
      const { gamesDir, gamesDirLost } = await link.invoke('status', {});
      this.lost = gamesDirLost ? gamesDir : undefined;
    });
  }
}

export const gamesFolder = new GamesFolder();
