/**
 * Additional data of downloads, beside the partial record. The key is the absolute path of the game folder, so rows of one
 * games folder never apply to another.
 */
export const downloads = `
-- Downloads that wait, run or are paused, in their order. phase: waiting, begun, paused.
CREATE TABLE download_queue (
  root TEXT PRIMARY KEY,
  games_dir TEXT NOT NULL,
  game_id TEXT NOT NULL,
  position INTEGER NOT NULL,
  install INTEGER NOT NULL,
  phase TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX download_queue_by_games_dir ON download_queue (games_dir, position);

-- Which paths of a root are payload that Lanspread put or took over there: nothing else in it is ever deleted.
CREATE TABLE known_payload (
  root TEXT PRIMARY KEY,
  paths TEXT NOT NULL
) STRICT;

-- The manifest that a complete download was made from.
CREATE TABLE download_manifest (
  root TEXT PRIMARY KEY,
  version TEXT NOT NULL,
  manifest_root TEXT NOT NULL,
  manifest BLOB NOT NULL,
  executables TEXT NOT NULL
) STRICT;
`;
