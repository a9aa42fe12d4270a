/** The signers of catalogs and extensions, the games that catalogs revoke, and a search index for prefixes. */
export const catalogTrust = `
-- The public key in hex. in_use: 0 while settings ask for a signature that the catalog has not.
ALTER TABLE catalog_source ADD COLUMN signed_by TEXT;
ALTER TABLE catalog_source ADD COLUMN in_use INTEGER NOT NULL DEFAULT 1;

CREATE TABLE catalog_revocation (
  game_id TEXT NOT NULL COLLATE NOCASE,
  source_id TEXT NOT NULL REFERENCES catalog_source (id) ON DELETE CASCADE,
  PRIMARY KEY (game_id, source_id)
) STRICT, WITHOUT ROWID;

-- Both hold the index alone, of words that search-words.ts made; their row ids are those of catalog_game, of the winning
-- source of each game. Apart from each other, so that titles are searched without a look at the rest. A beginning of a
-- length that is named is read off; all words of any other one are gathered first.
DROP TABLE catalog_search;
CREATE VIRTUAL TABLE catalog_search USING fts5 (
  body, content = '', detail = none, columnsize = 0, prefix = '1 2 3 4 5', tokenize = 'ascii'
);
CREATE VIRTUAL TABLE catalog_title_search USING fts5 (
  title, content = '', detail = none, columnsize = 0, prefix = '1 2 3 4 5 6 7 8', tokenize = 'ascii'
);

ALTER TABLE extension ADD COLUMN signed_by TEXT;
`;
