/** Running games, so that the next core finds them again. */
export const runningGames = `
CREATE TABLE running_game (
  game_id TEXT PRIMARY KEY,
  started_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  session_id INTEGER NOT NULL,
  members TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`;
