import { ArchiveError, type Archive, type UnpackCall } from '../../extension-api/index.ts';
import { contentArguments, listArguments, withoutHead, streamArguments, throwIfFailed, tool } from './commands.ts';
import { withTargets } from './links.ts';
import { ListingParser, type ListedEntry } from './listing.ts';
import { formatOf, headBytes, isStreamFormat, looksLikeTar, type Format } from './probe.ts';

/** `tree`: 7-Zip lists the files. `tar`: the files are in a tar inside a compressed stream. `single`: one compressed file. */
type Inner = 'tree' | 'tar' | 'single';

/** Every entry, in the archive's order. */
export interface Listing {
  readonly inner: Inner;
  readonly entries: readonly ListedEntry[];
}

const tarHeaderBytes = 512;
const maxHeadBytes = 256 * 1024;
/** For each such file a solid archive is unpacked as a whole. */
const maxUnmeasured = 200;

const archive = { ref: 'archive' } as const;
const content = [...contentArguments, '--', archive] as const;
/**
 * This run reports progress. The listing behind it prints nothing before it has read the whole stream, which may take
 * minutes.
 */
const source = { tool, args: [...streamArguments, '--', archive] } as const;

export async function listArchive(given: Archive, call: UnpackCall): Promise<Listing> {
  const format = formatOf(await given.read(0, headBytes));
  if (isStreamFormat(format)) return await lookInside(given, call);
  const listed = await parse(call, { format, args: [...listArguments, '--', archive] });
  // 7-Zip lists a compressed stream of any kind in this form.
  const [only] = listed;
  if (listed.length === 1 && only?.path === '' && only.kind === 'file') return await lookInside(given, call);
  return { inner: 'tree', entries: await measured(await withTargets(listed, call), call) };
}

/** Looks into a compressed stream, because only its content shows what it holds. */
async function lookInside(given: Archive, call: UnpackCall): Promise<Listing> {
  const head = await call.runTool(tool, content, { maxOutputBytes: tarHeaderBytes, beyond: 'stop' });
  if (head.exitCode !== undefined) throwIfFailed(head);
  if (!looksLikeTar(head.stdout)) return { inner: 'single', entries: [await measureSingle(given, call)] };
  const entries = await parse(call, { format: 'tar', args: [...listArguments, '-si', '-ttar'], input: source });
  // The listing of a tar already names the targets of links.
  return { inner: 'tar', entries };
}

async function parse(
  call: UnpackCall,
  {
    format,
    args,
    input,
  }: { format: Format | undefined; args: Parameters<UnpackCall['runTool']>[1]; input?: typeof source },
): Promise<ListedEntry[]> {
  const parser = new ListingParser();
  const onOutput = (piece: Uint8Array): void => parser.push(piece);
  const result = await call.runTool(tool, args, { onOutput, ...(input && { input }) });
  if (format === undefined && /cannot open the file as archive/i.test(result.stderr))
    throw new ArchiveError('NO_UNPACKER', '7-Zip does not know what this is: it is no archive of any kind.');
  const said = result.exitCode !== 0 && result.stderr.trim() === '' && !input ? await explain(call, args) : '';
  throwIfFailed({ ...result, stderr: `${result.stderr}${said}` }, 'ARCHIVE_CORRUPT');
  return parser.finish();
}

/** The message about a broken archive may be in the head of a listing, which is normally left out. */
async function explain(call: UnpackCall, args: Parameters<UnpackCall['runTool']>[1]): Promise<string> {
  const whole = await call.runTool(
    tool,
    args.filter((argument) => argument !== withoutHead),
    { maxOutputBytes: maxHeadBytes, beyond: 'stop' },
  );
  const text = new TextDecoder().decode(whole.stdout);
  return Array.from(text.matchAll(/^ERRORS? ?[=:] ?(.*)$/gm), ([, said = '']) => said).join('\n');
}

/** Compressed streams do not give their length reliably, so the bytes are counted. */
async function measureSingle(given: Archive, call: UnpackCall): Promise<ListedEntry> {
  const sizeBytes = await count(call, content);
  return { path: singleName(given.name), sizeBytes, packedBytes: given.sizeBytes, kind: 'file' };
}

/** Counts the bytes of files whose length the format does not give. */
async function measured(entries: readonly ListedEntry[], call: UnpackCall): Promise<readonly ListedEntry[]> {
  const unknown = entries.filter(({ isUnmeasured = false }) => isUnmeasured);
  if (unknown.length === 0) return entries;
  if (unknown.length > maxUnmeasured)
    throw new ArchiveError('ARCHIVE_UNSUPPORTED', `It does not say how long its ${unknown.length} files are.`);
  const sizes = new Map<ListedEntry, number>();
  for (const entry of unknown)
    sizes.set(entry, await count(call, [...contentArguments, `-i!${entry.path}`, '--', archive]));
  return entries.map((entry) => ({ ...entry, sizeBytes: sizes.get(entry) ?? entry.sizeBytes }));
}

async function count(call: UnpackCall, args: Parameters<UnpackCall['runTool']>[1]): Promise<number> {
  const result = await call.runTool(tool, args, { maxOutputBytes: 0, beyond: 'count' });
  throwIfFailed(result);
  return result.stdoutBytes;
}

/** The archive's name without the compression's ending, because the name inside a stream cannot be trusted. */
function singleName(name: string): string {
  const plain = name.replace(/\.(?:gz|xz|bz2|zst|z|lzma|lz4|eti)$/i, '');
  return plain === name || plain === '' ? `${name}.out` : plain;
}
