/** RAR 4/5 (also as `.eti`), 7z, zip, tar (also compressed), ISO and single compressed files, through 7-Zip's own program. */
import type { Archive, Context, Entry, Plan, Selection, UnpackCall, Unpacker } from '../../extension-api/index.ts';
import { contentArguments, extractArguments, failures, okExitCodes, streamArguments, tool } from './commands.ts';
import { withoutLinks } from './links.ts';
import { listArchive } from './list.ts';
import { ListingMemory, type ListingFacts } from './listing-memory.ts';
import { headBytes, probeScore } from './probe.ts';

const archive = { ref: 'archive' } as const;

const common = { kind: 'tool', tool, okExitCodes, failures } as const;

function partPlan({ listFile }: Selection): Plan {
  const args = [...contentArguments, `-i@${listFile}`, '--', archive];
  return { ...common, args, output: 'concatenated-stdout' };
}

class SevenZip implements Unpacker {
  readonly #listings = new ListingMemory();

  async probe(given: Archive): Promise<number> {
    return probeScore(given.name, await given.read(0, headBytes));
  }

  async list(given: Archive, call: UnpackCall): Promise<readonly Entry[]> {
    const listing = await listArchive(given, call);
    await this.#listings.remember(given, listing);
    return listing.entries;
  }

  async plan(given: Archive, mode: 'install' | 'stream', call: UnpackCall, selection?: Selection): Promise<Plan> {
    // Only of trees, and no link is among them.
    if (selection) return partPlan(selection);
    const { inner, links, isForHost: hasForHost } = await this.#factsOf(given, call);
    const left = withoutLinks(links);
    // Whatever 7-Zip would not write as the host does, the host writes; and 7-Zip makes no link, wherever it leads.
    const isForHost = inner === 'single' || links.length > 0 || hasForHost;
    const toFolder = mode === 'install' && !isForHost;
    const where = toFolder
      ? ({ output: 'destination', progress: 'percent' } as const)
      : ({ output: 'concatenated-stdout' } as const);
    const args = [...(toFolder ? extractArguments : contentArguments), ...left];
    if (inner !== 'tar') return { ...common, ...where, args: [...args, '--', archive] };
    const source = { tool, args: [...(toFolder ? streamArguments : contentArguments), '--', archive] };
    return { ...common, ...where, args: [...args, '-si', '-ttar'], input: source };
  }

  async #factsOf(given: Archive, call: UnpackCall): Promise<ListingFacts> {
    const known = await this.#listings.recall(given);
    return known ?? (await this.#listings.remember(given, await listArchive(given, call)));
  }
}

export function activate(context: Context): void {
  context.subscriptions.push(context.registerUnpacker('seven-zip', new SevenZip()));
}
