/**
 * Unpacks RAR 4/5 (also as `.eti`), 7z, zip, tar (also compressed), ISO and single compressed files with 7-Zip's own program.
 */
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
    // A selection is only made from a tree, and contains no links.
    if (selection) return partPlan(selection);
    const { inner, links, isForHost: hasForHost } = await this.#factsOf(given, call);
    const left = withoutLinks(links);
    // The host writes every entry that 7-Zip would write differently. 7-Zip makes no links, because they may lead anywhere.
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
