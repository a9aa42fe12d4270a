/** Walks through the folders of the core's PC, one listing at a time; only the last that was asked for counts. Lists files, too, where some are looked for. */
import type { FolderListing, FolderPlace } from '../../../core/rpc/contract.ts';
import { ancestorsOf } from './ancestors.ts';
import { link } from '../../stores/link.ts';
import { explainError } from './saving.svelte.ts';

export class FolderPicker {
  places = $state.raw<readonly FolderPlace[]>([]);
  listing = $state.raw<FolderListing | undefined>(undefined);
  problem = $state<string | undefined>(undefined);
  isLooking = $state(false);
  #number = 0;
  readonly #endings: readonly string[] | undefined;

  /** `endings`: of the files to list, such as `.json`; folders alone when left out. */
  constructor(endings?: readonly string[]) {
    this.#endings = endings;
  }

  /** Begins at this folder, else at the nearest one above it that can be looked into, else at home. */
  async begin(path: string): Promise<void> {
    const asked = link.invoke('folder.places', {}).then(
      ({ places }) => (this.places = places),
      (error: unknown) => {
        this.problem = explainError(error);
        return [];
      },
    );
    for (const folder of ancestorsOf(path.trim())) if (await this.open(folder)) return;
    const [first] = await asked;
    if (first) await this.open(first.path);
  }

  /** Returns whether the folder is shown now. If not, the former one stays and `problem` says why. */
  async open(path: string): Promise<boolean> {
    return await this.#show(() => this.#list(path));
  }

  /** Makes a folder in the one that is shown, and goes into it. */
  async create(name: string): Promise<boolean> {
    const parent = this.listing?.path;
    if (parent === undefined) return false;
    return await this.#show(async () => {
      const { path } = await link.invoke('folder.create', { path: parent, name });
      return await this.#list(path);
    });
  }

  async #list(path: string): Promise<FolderListing> {
    return await link.invoke('folder.list', { path, ...(this.#endings && { endings: [...this.#endings] }) });
  }

  async #show(ask: () => Promise<FolderListing>): Promise<boolean> {
    const number = ++this.#number;
    this.isLooking = true;
    try {
      const listing = await ask();
      if (number !== this.#number) return false;
      this.listing = listing;
      this.problem = undefined;
      return true;
    } catch (error) {
      if (number === this.#number) this.problem = explainError(error);
      return false;
    } finally {
      if (number === this.#number) this.isLooking = false;
    }
  }
}
