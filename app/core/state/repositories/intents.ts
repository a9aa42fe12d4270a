import { LanspreadError } from '../../base/index.ts';
import type { Connection } from '../connection.ts';
import { flagOf, gameIdOf, numberOf, textOf, type Row } from '../row.ts';
import type { Intent, IntentKind, IntentRepository } from '../types.ts';

const kinds: readonly IntentKind[] = ['Downloading', 'Installing', 'Updating', 'Uninstalling', 'Streaming', 'Removing'];

function kindOf(row: Row): IntentKind {
  const text = textOf(row, 'kind');
  const kind = kinds.find((known) => known === text);
  if (kind) return kind;
  throw new LanspreadError('STATE_CORRUPT', {
    message: `The database holds an unknown intent ${JSON.stringify(text)}.`,
  });
}

function toIntent(row: Row): Intent {
  return {
    root: textOf(row, 'root'),
    gameId: gameIdOf(row, 'game_id'),
    kind: kindOf(row),
    version: textOf(row, 'version'),
    madeRoot: flagOf(row, 'made_root'),
    startedAt: numberOf(row, 'started_at'),
  };
}

/**
 * Both put and clear are durable. A lost intent leaves an unfinished game. An intent that comes back after a power cut would
 * make recovery judge files that came later.
 */
export function intentRepository(connection: Connection): IntentRepository {
  const one = connection.query<[string], Intent>('SELECT * FROM intent WHERE root = ?', toIntent);
  const every = connection.query<[], Intent>('SELECT * FROM intent ORDER BY started_at, root', toIntent);
  const put = connection.command<[string, string, string, string, number, number]>(
    'INSERT OR REPLACE INTO intent (root, game_id, kind, version, made_root, started_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const clear = connection.command<[string]>('DELETE FROM intent WHERE root = ?');
  return {
    get: (root) => one.get(root),
    all: () => every.all(),
    put({ root, gameId, kind, version, madeRoot, startedAt }) {
      connection.durably(() => put(root, gameId, kind, version, Number(madeRoot), startedAt));
    },
    clear(root) {
      connection.durably(() => clear(root));
    },
  };
}
