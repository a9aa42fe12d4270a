/** Lists games that are described in folders: for example a USB stick with JSON or YAML files, and covers next to them. */
import type { CatalogPage, CatalogQuery, CatalogSource, Context, Json } from '../../extension-api/index.ts';
import { readFolder, type FolderList } from './read-folder.ts';

const gamesPerPage = 500;

class FolderCatalog implements CatalogSource {
  /** The list that is split into the pages of one round. */
  #list: (FolderList & { readonly key: string }) | undefined;

  async page({ cursor, configuration }: CatalogQuery, { signal }: { signal: AbortSignal }): Promise<CatalogPage> {
    const folders = foldersOf(configuration);
    const from = Number(cursor ?? 0);
    const key = folders.join('\n');
    // The first page reads the disk. A later page does so too if the process was restarted in between.
    if (from === 0 || this.#list?.key !== key) this.#list = { ...(await readAll(folders, signal)), key };
    const { games, warnings } = this.#list;
    const to = from + gamesPerPage;
    if (to < games.length) return { games: games.slice(from, to), next: String(to) };
    this.#list = undefined;
    return { games: games.slice(from), warnings };
  }
}

function foldersOf(configuration: Json): readonly string[] {
  const folders =
    typeof configuration === 'object' && configuration !== null && 'folders' in configuration
      ? configuration.folders
      : undefined;
  return Array.isArray(folders) ? folders.filter((folder) => typeof folder === 'string') : [];
}

async function readAll(folders: readonly string[], signal: AbortSignal): Promise<FolderList> {
  const lists: FolderList[] = [];
  for (const folder of folders) lists.push(await readFolder(folder, { signal }));
  return { games: lists.flatMap(({ games }) => games), warnings: lists.flatMap(({ warnings }) => warnings) };
}

export function activate(context: Context): void {
  context.subscriptions.push(context.registerCatalogSource('folder', new FolderCatalog()));
}
