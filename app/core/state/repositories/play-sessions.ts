import type { GameId } from '../../base/index.ts';
import type { Connection } from '../connection.ts';
import { gameIdOf, jsonArrayOf, numberOf } from '../row.ts';
import type { PlaySessionRepository, RunningGameRow } from '../types.ts';

type Member = RunningGameRow['members'][number];

function isMember(value: unknown): value is Member {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('startedAt' in value)) return false;
  return Number.isSafeInteger(value.pid) && typeof value.startedAt === 'string';
}

export function playSessionRepository(connection: Connection): PlaySessionRepository {
  const add = connection.command<[string, number, number, number | null]>(
    'INSERT INTO play_session (game_id, started_at, seconds, exit_code) VALUES (?, ?, ?, ?)',
  );
  const sums = connection.query<[], [GameId, number]>(
    'SELECT game_id, sum(seconds) AS seconds FROM play_session GROUP BY game_id ORDER BY game_id',
    (row) => [gameIdOf(row, 'game_id'), numberOf(row, 'seconds')],
  );
  const running = connection.query<[], RunningGameRow>('SELECT * FROM running_game ORDER BY game_id', (row) => ({
    gameId: gameIdOf(row, 'game_id'),
    startedAt: numberOf(row, 'started_at'),
    seenAt: numberOf(row, 'seen_at'),
    sessionId: numberOf(row, 'session_id'),
    members: jsonArrayOf(row, 'members', isMember),
  }));
  const put = connection.command<[string, number, number, number, string]>(
    'INSERT OR REPLACE INTO running_game (game_id, started_at, seen_at, session_id, members) VALUES (?, ?, ?, ?, ?)',
  );
  const remove = connection.command<[string]>('DELETE FROM running_game WHERE game_id = ?');
  return {
    add({ gameId, startedAt, seconds, exitCode }) {
      add(gameId, startedAt, seconds, exitCode ?? null);
    },
    secondsByGame: () => new Map(sums.all()),
    running: () => running.all(),
    putRunning({ gameId, startedAt, seenAt, sessionId, members }) {
      put(gameId, startedAt, seenAt, sessionId, JSON.stringify(members));
    },
    close({ gameId, startedAt, seconds, exitCode }) {
      connection.durably(() => {
        add(gameId, startedAt, seconds, exitCode ?? null);
        remove(gameId);
      });
    },
  };
}
