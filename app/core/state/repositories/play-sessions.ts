import type { GameId } from '../../base/index.ts';
import type { Connection } from '../connection.ts';
import { gameIdOf, numberOf } from '../row.ts';
import type { PlaySessionRepository } from '../types.ts';

export function playSessionRepository(connection: Connection): PlaySessionRepository {
  const add = connection.command<[string, number, number, number | null]>(
    'INSERT INTO play_session (game_id, started_at, seconds, exit_code) VALUES (?, ?, ?, ?)',
  );
  const sums = connection.query<[], [GameId, number]>(
    'SELECT game_id, sum(seconds) AS seconds FROM play_session GROUP BY game_id ORDER BY game_id',
    (row) => [gameIdOf(row, 'game_id'), numberOf(row, 'seconds')],
  );
  return {
    add({ gameId, startedAt, seconds, exitCode }) {
      add(gameId, startedAt, seconds, exitCode ?? null);
    },
    secondsByGame: () => new Map(sums.all()),
  };
}
