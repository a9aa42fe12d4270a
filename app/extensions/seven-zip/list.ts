import type { Archive, UnpackCall } from '../../extension-api/index.ts';
import { contentArguments, listArguments, streamArguments, throwIfFailed, tool } from './commands.ts';
import { innerKind } from './inner-kind.ts';
import { withTargets } from './links.ts';
import { ListingParser, type ListedEntry } from './listing.ts';

const content = [...contentArguments, '--', { ref: 'archive' }] as const;
/** Tells its progress: the listing behind it says nothing before it has seen the whole, which may take minutes. */
const source = { tool, args: [...streamArguments, '--', { ref: 'archive' }] } as const;

/** Every entry, in the archive's order. */
export async function listArchive(archive: Archive, call: UnpackCall): Promise<readonly ListedEntry[]> {
  const inner = await innerKind(archive, call);
  if (inner === 'single') return [await measureSingle(archive, call)];
  const parser = new ListingParser();
  const onOutput = (piece: Uint8Array): void => parser.push(piece);
  if (inner === 'tar') {
    const args = [...listArguments, '-si', '-ttar'];
    throwIfFailed(await call.runTool(tool, args, { input: source, onOutput }), 'ARCHIVE_CORRUPT');
  } else {
    const args = [...listArguments, '--', { ref: 'archive' } as const];
    throwIfFailed(await call.runTool(tool, args, { onOutput }), 'ARCHIVE_CORRUPT');
  }
  const entries = parser.finish();
  // A tar's listing names them.
  return inner === 'tar' ? entries : await withTargets(entries, call);
}

/** Compressed streams do not tell reliably how long they are: it is counted. */
async function measureSingle(archive: Archive, call: UnpackCall): Promise<ListedEntry> {
  const result = await call.runTool(tool, content, { maxOutputBytes: 0, beyond: 'count' });
  throwIfFailed(result);
  return {
    path: singleName(archive.name),
    sizeBytes: result.stdoutBytes,
    packedBytes: archive.sizeBytes,
    kind: 'file',
  };
}

/** The archive's name without the compression's ending: what a stream calls itself inside is not to be trusted. */
function singleName(name: string): string {
  const plain = name.replace(/\.(?:gz|xz|bz2|zst|eti)$/i, '');
  return plain === name || plain === '' ? `${name}.out` : plain;
}
