import { dirname, resolve } from 'node:path';
import type { Connection } from '../connection.ts';
import { flagOf, gameIdOf, textOf, type Row } from '../row.ts';
import type { DownloadPhase, DownloadQueueRepository, QueuedDownload } from '../types.ts';

const phases: readonly DownloadPhase[] = ['waiting', 'begun', 'paused'];

/** A download with an unknown phase counts as paused: it waits to be resumed, and nothing is lost. */
function phaseOf(row: Row): DownloadPhase {
  const text = textOf(row, 'phase');
  return phases.find((known) => known === text) ?? 'paused';
}

function toQueued(row: Row): QueuedDownload {
  return {
    root: textOf(row, 'root'),
    gameId: gameIdOf(row, 'game_id'),
    install: flagOf(row, 'install'),
    phase: phaseOf(row),
  };
}

export function downloadQueueRepository(connection: Connection): DownloadQueueRepository {
  const below = connection.query<[string], QueuedDownload>(
    'SELECT * FROM download_queue WHERE games_dir = ? ORDER BY position, root',
    toQueued,
  );
  const clear = connection.command<[string]>('DELETE FROM download_queue WHERE games_dir = ?');
  const put = connection.command<[string, string, string, number, number, string]>(
    'INSERT OR REPLACE INTO download_queue (root, games_dir, game_id, position, install, phase) VALUES (?, ?, ?, ?, ?, ?)',
  );
  return {
    below: (gamesDir) => below.all(resolve(gamesDir)),
    replace(gamesDir, entries) {
      connection.transaction(() => {
        clear(resolve(gamesDir));
        for (const [position, { root, gameId, install, phase }] of entries.entries())
          put(root, dirname(resolve(root)), gameId, position, Number(install), phase);
      });
    },
  };
}
