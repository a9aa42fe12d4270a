/** Links in archives: finds their targets, and leaves links out of 7-Zip's unpacking. */
import { ArchiveError, type Entry, type ToolArgument, type UnpackCall } from '../../extension-api/index.ts';
import { contentArguments, throwIfFailed, tool } from './commands.ts';
import type { ListedEntry } from './listing.ts';

const maxLinks = 10_000;
const maxTargetBytes = 1_024;

/** The entries with the targets of all links. Some formats store a target as the link's content. */
export async function withTargets(entries: readonly ListedEntry[], call: UnpackCall): Promise<readonly ListedEntry[]> {
  const links = entries.filter(isLink);
  if (links.length > maxLinks)
    throw new ArchiveError('ARCHIVE_HOSTILE', `It has ${links.length} links; ${maxLinks} are the most.`);
  const asked = links.filter((entry) => entry.targetBytes !== undefined && !entry.encrypted);
  if (asked.length === 0) return entries;
  if (asked.some(({ targetBytes = 0 }) => targetBytes > maxTargetBytes))
    throw new ArchiveError('ARCHIVE_HOSTILE', 'It has a link to something with a name of impossible length.');
  const args = [...contentArguments, ...named('-i', asked), '--', { ref: 'archive' } as const];
  const result = await call.runTool(tool, args, { maxOutputBytes: maxLinks * maxTargetBytes });
  throwIfFailed(result, 'ARCHIVE_CORRUPT');
  const targets = cut(result.stdout, asked);
  return entries.map((entry) => {
    const target = targets.get(entry);
    return target === undefined ? entry : { ...entry, target };
  });
}

export function isLink({ kind }: Entry): boolean {
  return kind === 'symlink' || kind === 'hardlink';
}

/** Cuts the output into targets, one after another in the archive's order. */
function cut(bytes: Uint8Array, links: readonly ListedEntry[]): Map<ListedEntry, string> {
  const targets = new Map<ListedEntry, string>();
  let at = 0;
  for (const link of links) {
    const end = at + (link.targetBytes ?? 0);
    targets.set(link, new TextDecoder().decode(bytes.subarray(at, end)));
    at = end;
  }
  if (at !== bytes.length) throw new ArchiveError('ARCHIVE_CORRUPT', 'Its links are not as long as it says.');
  return targets;
}

/** The arguments that leave links out; the installer puts copies in their place. */
export function withoutLinks(links: readonly ListedEntry[]): ToolArgument[] {
  return named('-x', links);
}

/** 7-Zip's list files misread names with spaces or quotation marks at either end. */
const oddName = /^[\s"]|[\s"]$/;

/** `-i` or `-x` for each of these links. */
function named(option: '-i' | '-x', links: readonly ListedEntry[]): ToolArgument[] {
  const paths = links.map(({ toolPath = '' }) => toolPath);
  const lines = paths.filter((path) => !oddName.test(path));
  const odd = paths.filter((path) => oddName.test(path)).map((path) => `${option}!${path}`);
  return lines.length === 0 ? odd : [{ prefix: `${option}@`, lines }, ...odd];
}
