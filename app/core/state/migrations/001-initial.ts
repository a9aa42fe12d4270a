/** Every table of the first release. Paths are absolute unless said otherwise; times are milliseconds since 1970. */
export const initial = `
CREATE TABLE settings (
  name TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE counter (
  name TEXT PRIMARY KEY,
  value INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE catalog_source (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  origin TEXT NOT NULL,
  issued TEXT,
  signed INTEGER NOT NULL,
  position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE catalog_game (
  row INTEGER PRIMARY KEY,
  source_id TEXT NOT NULL REFERENCES catalog_source (id) ON DELETE CASCADE,
  game_id TEXT NOT NULL,
  title TEXT NOT NULL,
  json TEXT NOT NULL,
  search_text TEXT NOT NULL,
  UNIQUE (source_id, game_id)
) STRICT;
CREATE INDEX catalog_game_by_id ON catalog_game (game_id);

-- Holds the index alone; its row ids are those of catalog_game, of the winning source of each game.
CREATE VIRTUAL TABLE catalog_search USING fts5 (
  title, body, content = '', prefix = '1 2 3 4 5', tokenize = "unicode61 remove_diacritics 2"
);

CREATE TABLE library_game (
  root TEXT PRIMARY KEY,
  games_dir TEXT NOT NULL,
  game_id TEXT NOT NULL,
  version TEXT,
  installed_version TEXT,
  size_bytes INTEGER NOT NULL,
  fingerprint TEXT NOT NULL,
  manifest_root TEXT,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX library_game_by_games_dir ON library_game (games_dir);

-- The hashes are packed, 32 bytes a block. With a rowid, since a large file's row is far bigger than a page.
CREATE TABLE file_block (
  path TEXT PRIMARY KEY,
  size_bytes INTEGER NOT NULL,
  mtime_ns INTEGER NOT NULL,
  inode INTEGER NOT NULL,
  blocks BLOB NOT NULL
) STRICT;

CREATE TABLE intent (
  root TEXT PRIMARY KEY,
  game_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  version TEXT NOT NULL,
  made_root INTEGER NOT NULL,
  started_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE partial (
  root TEXT PRIMARY KEY,
  game_id TEXT NOT NULL,
  version TEXT NOT NULL,
  manifest_root TEXT NOT NULL,
  manifest BLOB NOT NULL,
  executables TEXT NOT NULL,
  install INTEGER NOT NULL
) STRICT;

-- Apart from partial, because SQLite writes a whole row anew and a manifest can be 64 MiB.
CREATE TABLE partial_progress (
  root TEXT PRIMARY KEY REFERENCES partial (root) ON DELETE CASCADE,
  bitmap BLOB NOT NULL,
  verified_bytes INTEGER NOT NULL,
  unclean INTEGER NOT NULL
) STRICT;

CREATE TABLE install_inventory (
  root TEXT NOT NULL,
  path TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  blake3 TEXT NOT NULL,
  PRIMARY KEY (root, path)
) STRICT, WITHOUT ROWID;

CREATE TABLE peer (
  peer_id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  addresses TEXT NOT NULL,
  last_seen_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX peer_by_last_seen ON peer (last_seen_at);

CREATE TABLE play_session (
  id INTEGER PRIMARY KEY,
  game_id TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  seconds REAL NOT NULL,
  exit_code INTEGER
) STRICT;
CREATE INDEX play_session_by_game ON play_session (game_id, seconds);

CREATE TABLE extension (
  id TEXT PRIMARY KEY,
  version TEXT NOT NULL,
  hash TEXT NOT NULL,
  enabled INTEGER NOT NULL,
  granted_permissions TEXT NOT NULL,
  crash_count INTEGER NOT NULL DEFAULT 0
) STRICT, WITHOUT ROWID;
`;
