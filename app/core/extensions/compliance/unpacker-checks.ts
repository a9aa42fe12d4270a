/** The checks that every unpacker has to pass. */
import { basename, join } from 'node:path';
import { blake3Hex, createHasher, LanspreadError, parsePath, PathSet, type FileSystem } from '../../base/index.ts';
import { probeHeadBytes, settleLinks } from '../../install/index.ts';
import type { ArchiveEntry } from '../../content/index.ts';
import { CheckFailed, expect, type Check, type CheckContext, type UnpackerContext } from './check.ts';
import { damage, noise, treeOf, type Sample } from './samples.ts';

/** From here on a file counts as an archive to unpack. */
const mineScore = 50;
/** How long the extension may go on after its call was aborted, in milliseconds. */
const cancelLimitMs = 5_000;

/** The good answers to a damaged archive: each says that it cannot be opened. */
const fitForDamage = new Set([
  'ARCHIVE_CORRUPT',
  'ARCHIVE_ENCRYPTED',
  'ARCHIVE_HOSTILE',
  'ARCHIVE_UNSUPPORTED',
  'VOLUME_MISSING',
  'NO_UNPACKER',
  'UNPACKER_FAILED',
]);

interface UnpackerCheck {
  readonly name: string;
  run(context: UnpackerContext): Promise<string | void>;
}

const noSamples = 'there is no archive in test/archives';

const checks: readonly UnpackerCheck[] = [
  {
    name: 'leaves files alone that are none of its archives',
    async run(context) {
      const path = await writeArchive(context, `notes${endingOf(context)}`, noise(20_000));
      const score = await probe(context, path);
      expect(score < mineScore, `probe gives ${score} to bytes without meaning that only have its file ending`);
    },
  },
  {
    name: 'says of nonsense with its magic number that it is damaged',
    async run(context) {
      const { magic = [] } = context.contribution.match;
      for (const sizeBytes of [0, 16, 50_000]) {
        const path = await writeArchive(context, `nonsense-${sizeBytes}${endingOf(context)}`, noise(sizeBytes, magic));
        if ((await probe(context, path)) < mineScore) continue;
        await expectRefusal(context, path, `nonsense of ${sizeBytes} bytes`);
      }
    },
  },
  {
    name: 'recognises its sample archives',
    run: (context) =>
      eachSample(context, async (sample) => {
        const score = await probe(context, sample.path);
        expect(score >= mineScore, `probe gives ${score} to ${sample.name}; from ${mineScore} on it is unpacked`);
      }),
  },
  {
    name: 'lists only paths that are possible and safe everywhere',
    run: (context) =>
      eachSample(context, async (sample) => {
        const names = new PathSet();
        const { entries, copies } = settleLinks(sample.name, await list(context, sample.path));
        const made = copies.map(({ path }) => ({ path, kind: 'file' as const }));
        for (const { path, kind } of [...entries, ...made]) {
          expect(kind === 'file' || kind === 'directory', `${sample.name}: ${path} is neither file nor folder`);
          names.add(parsePath(path.replace(/\/$/, ''), { atGameRoot: false, platform: 'win32' }), kind);
        }
      }),
  },
  {
    name: 'unpacks its samples to what they list',
    run: (context) =>
      eachSample(context, async (sample) => {
        const destination = await extract(context, sample.path);
        await expectListing(context, { sample, destination });
        if (sample.expected === undefined) return;
        const [is, should] = await Promise.all(
          [destination, sample.expected].map((folder) => treeOf(context.fileSystem, folder)),
        );
        expect(is?.join('\n') === should?.join('\n'), `${sample.name}: ${firstDifference(is ?? [], should ?? [])}`);
      }),
  },
  {
    name: 'streams the same as it unpacks',
    run: (context) =>
      eachSample(context, async (sample) => {
        const { entries } = settleLinks(sample.name, await list(context, sample.path));
        const streamed = await hashesOf(context, sample.path, { entries });
        const destination = await extract(context, sample.path);
        for (const { path, kind } of entries) {
          if (kind !== 'file') continue;
          const unpacked = blake3Hex(await context.fileSystem.readFile(join(destination, path)));
          expect(streamed.get(path) === unpacked, `${sample.name}: ${path} is streamed as something else`);
        }
      }),
  },
  {
    name: 'streams the parts that it says an archive can be cut into',
    run: (context) =>
      eachSample(context, async (sample) => {
        const { entries } = settleLinks(sample.name, await list(context, sample.path));
        const starts = entries.flatMap(({ startsBlock }, index) => (startsBlock ? [index] : []));
        if (starts.length < 2) return;
        const whole = await hashesOf(context, sample.path, { entries });
        const middle = Math.floor(starts.length / 2);
        // From the beginning, up to the end, and one block alone: what the host asks for is as long as it likes.
        for (const [from, to] of [
          [0, starts[middle]],
          [starts[middle], entries.length],
          [starts[middle], starts[middle + 1]],
        ]) {
          const part = entries.slice(from, to);
          const hashes = await hashesOf(context, sample.path, { entries: part, isPart: true });
          for (const { path, kind } of part)
            if (kind === 'file')
              expect(
                hashes.get(path) === whole.get(path),
                `${sample.name}: ${path} is another one where the content begins with ${part[0]?.path}`,
              );
        }
      }),
  },
  {
    name: 'says of damaged archives that they are damaged, or unpacks them whole',
    run: (context) =>
      eachSample(context, async (sample) => {
        const original = await context.fileSystem.readFile(sample.path);
        for (const { what, bytes, isHopeless } of damage(original)) {
          const path = await writeArchive(context, sample.name, bytes);
          if ((await probe(context, path)) < mineScore) continue;
          const destination = await attempt(context, path, `${sample.name}, ${what}`);
          if (destination === undefined) continue;
          expect(!isHopeless, `${sample.name}, ${what}: it was unpacked as if nothing were wrong`);
        }
      }),
  },
  {
    name: 'gives the same answers to two calls at once',
    run: (context) =>
      eachSample(context, async (sample) => {
        const [one, two] = await Promise.all([list(context, sample.path), list(context, sample.path)]);
        expect(JSON.stringify(one) === JSON.stringify(two), `${sample.name}: two listings at once differ`);
      }),
  },
  {
    name: 'stops soon when it is cancelled, and works afterwards',
    run: (context) =>
      eachSample(context, async (sample) => {
        for (const work of [list, extract]) {
          const stop = new AbortController();
          const running = work({ ...context, signal: stop.signal }, sample.path);
          // One turn of the loop, so that the call is on its way.
          await new Promise((resolve) => setImmediate(resolve));
          const abortedAt = performance.now();
          stop.abort();
          const error = await running.then(
            () => undefined,
            (reason: unknown) => reason,
          );
          const tookMs = performance.now() - abortedAt;
          expect(
            tookMs < cancelLimitMs,
            `${sample.name}: ${Math.round(tookMs)} ms passed until ${work.name} had stopped`,
          );
          if (error !== undefined) expect(codeOf(error) === 'CANCELLED', `${sample.name}: ${describe(error)}`);
        }
        await list(context, sample.path);
      }),
  },
];

/** For every unpacker that the manifest contributes. */
export function unpackerChecks(contributions: CheckContext['manifest']['contributes']['unpackers']): Check[] {
  return contributions.flatMap((contribution) =>
    checks.map(
      ({ name, run }): Check => ({
        name: `${contribution.id} ${name}`,
        run: async (context) => {
          const id = `${context.manifest.id}/${contribution.id}`;
          const unpacker = context.host.unpackers().find((candidate) => candidate.id === id);
          expect(unpacker !== undefined, `there is no unpacker ${id}: the extension was disabled for its crashes`);
          const before = context.failures();
          const skipped = await run({ ...context, unpacker, contribution });
          const after = context.failures();
          expect(after === before, 'its process crashed or was stopped for breaking a rule; see its last words above');
          return skipped;
        },
      }),
    ),
  );
}

async function eachSample(
  context: UnpackerContext,
  work: (sample: Sample) => Promise<void>,
): Promise<string | undefined> {
  const { extensions = [], magic = [] } = context.contribution.match;
  const fits = async (sample: Sample): Promise<boolean> => {
    if (extensions.some((ending) => sample.name.toLowerCase().endsWith(ending))) return true;
    const head = (await context.fileSystem.readFile(sample.path)).subarray(0, probeHeadBytes);
    return magic.some(({ at, hex }) => head.subarray(at, at + hex.length / 2).equals(Buffer.from(hex, 'hex')));
  };
  let count = 0;
  for (const sample of context.samples) {
    if (!(await fits(sample))) continue;
    count += 1;
    await work(sample);
  }
  return count === 0 ? noSamples : undefined;
}

function endingOf({ contribution }: UnpackerContext): string {
  return contribution.match.extensions?.[0] ?? '.bin';
}

async function writeArchive(context: UnpackerContext, name: string, bytes: Uint8Array): Promise<string> {
  const path = join(await context.newFolder(), name);
  await context.fileSystem.writeFile(path, bytes);
  return path;
}

async function probe({ unpacker, fileSystem, signal }: UnpackerContext, path: string): Promise<number> {
  const head = (await fileSystem.readFile(path)).subarray(0, probeHeadBytes);
  return await unpacker.probe({ path, head }, { signal });
}

function list({ unpacker, signal }: UnpackerContext, path: string): Promise<ArchiveEntry[]> {
  return unpacker.list(path, { signal });
}

async function extract({ unpacker, newFolder, signal }: UnpackerContext, path: string): Promise<string> {
  const destination = await newFolder();
  await unpacker.extract(path, destination, { signal });
  return destination;
}

/** The hash of each file of a stream, by path. */
async function hashesOf(
  { unpacker, signal }: UnpackerContext,
  path: string,
  what: { entries: readonly ArchiveEntry[]; isPart?: boolean },
): Promise<Map<string, string>> {
  const hashes = new Map<string, string>();
  const hasher = createHasher();
  let current: ArchiveEntry | undefined;
  const close = (): void => {
    if (current) hashes.set(current.path, hasher.finish());
  };
  for await (const item of unpacker.stream(path, { signal, ...what })) {
    if (item.kind === 'bytes') {
      hasher.update(item.bytes);
      continue;
    }
    close();
    current = item.entry;
  }
  close();
  return hashes;
}

/** Undefined: it was refused as it should be. */
async function attempt(context: UnpackerContext, path: string, what: string): Promise<string | undefined> {
  try {
    await list(context, path);
    return await extract(context, path);
  } catch (error) {
    if (context.signal.aborted) throw error;
    expect(
      fitForDamage.has(codeOf(error) ?? ''),
      `${what}: ${describe(error)}. Throw an error whose code is ARCHIVE_CORRUPT, so that the player is told what is wrong`,
    );
    return undefined;
  }
}

async function expectRefusal(context: UnpackerContext, path: string, what: string): Promise<void> {
  const destination = await attempt(context, path, what);
  if (destination === undefined) return;
  const tree = await treeOf(context.fileSystem, destination);
  expect(tree.length === 0, `${what}: it was unpacked to ${tree.length} files`);
}

async function expectListing(
  context: UnpackerContext,
  { sample, destination }: { sample: Sample; destination: string },
): Promise<void> {
  for (const { path, kind, sizeBytes } of await list(context, sample.path)) {
    // The installer replaces links by copies.
    if (kind === 'symlink' || kind === 'hardlink') continue;
    const stat = await statBelow(context.fileSystem, destination, path);
    expect(stat?.kind === kind, `${sample.name}: ${path} was listed and not unpacked`);
    if (kind === 'file')
      expect(
        stat.sizeBytes === sizeBytes,
        `${sample.name}: ${path} has ${stat.sizeBytes} bytes, listed were ${sizeBytes}`,
      );
  }
}

async function statBelow(fileSystem: FileSystem, folder: string, path: string): ReturnType<FileSystem['lstat']> {
  try {
    return await fileSystem.lstat(join(folder, path));
  } catch {
    throw new CheckFailed(`${path} was listed and not unpacked`);
  }
}

function firstDifference(is: readonly string[], should: readonly string[]): string {
  const [extra, missing] = [is.find((line) => !should.includes(line)), should.find((line) => !is.includes(line))];
  return `what it unpacks differs from ${basename('.expected')}: ${missing ? `expected ${missing}` : `not expected ${extra}`}`;
}

function codeOf(error: unknown): string | undefined {
  return error instanceof LanspreadError ? error.code : undefined;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
}
