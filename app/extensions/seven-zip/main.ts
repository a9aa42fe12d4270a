/** RAR 4/5 (also as `.eti`), 7z, zip, tar (also compressed), ISO and single compressed files, through 7-Zip's own program. */
import type { Archive, Context, Entry, Plan, Selection, UnpackCall, Unpacker } from '../../extension-api/index.ts';
import { contentArguments, extractArguments, failures, okExitCodes, streamArguments, tool } from './commands.ts';
import { innerKind } from './inner-kind.ts';
import { ListingMemory, withoutLinks, type ListingFacts } from './links.ts';
import { listArchive } from './list.ts';
import { headBytes, probeScore } from './probe.ts';

const archive = { ref: 'archive' } as const;

const common = { kind: 'tool', tool, okExitCodes, failures } as const;

function partPlan({ listFile }: Selection): Plan {
  const args = [...contentArguments, `-i@${listFile}`, '--', archive];
  return { ...common, args, output: 'concatenated-stdout' };
}

/** One compressed file: the host writes it under the name that it was listed with. */
const single: ListingFacts = { links: [], isRenamed: false };

class SevenZip implements Unpacker {
  readonly #listings = new ListingMemory();

  async probe(given: Archive): Promise<number> {
    return probeScore(given.name, await given.read(0, headBytes));
  }

  async list(given: Archive, call: UnpackCall): Promise<readonly Entry[]> {
    const entries = await listArchive(given, call);
    await this.#listings.remember(given, entries);
    return entries;
  }

  async plan(given: Archive, mode: 'install' | 'stream', call: UnpackCall, selection?: Selection): Promise<Plan> {
    // Only of trees, and no link is among them.
    if (selection) return partPlan(selection);
    const inner = await innerKind(given, call);
    const { links, isRenamed } = inner === 'single' ? single : await this.#factsOf(given, call);
    const left = withoutLinks(links);
    const source = { tool, args: [...(mode === 'install' ? streamArguments : contentArguments), '--', archive] };
    if (mode === 'stream' || inner === 'single' || isRenamed) {
      const output = 'concatenated-stdout';
      if (inner !== 'tar') return { ...common, args: [...contentArguments, ...left, '--', archive], output };
      return { ...common, args: [...contentArguments, ...left, '-si', '-ttar'], input: source, output };
    }
    const output = 'destination';
    const progress = 'percent';
    if (inner === 'tree') return { ...common, args: [...extractArguments, ...left, '--', archive], output, progress };
    return { ...common, args: [...extractArguments, ...left, '-si', '-ttar'], input: source, output, progress };
  }

  async #factsOf(given: Archive, call: UnpackCall): Promise<ListingFacts> {
    const known = await this.#listings.recall(given);
    return known ?? (await this.#listings.remember(given, await listArchive(given, call)));
  }
}

export function activate(context: Context): void {
  context.subscriptions.push(context.registerUnpacker('seven-zip', new SevenZip()));
}
