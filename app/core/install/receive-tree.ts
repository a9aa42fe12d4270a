/** Writes one sender's content into staging, planned and checked like an archive from a stranger. */
import { dirname, join } from 'node:path';
import {
  absolutePath,
  blake3Hex,
  LanspreadError,
  parsePath,
  quoted,
  throwIfAborted,
  type FileSystem,
} from '../base/index.ts';
import type { InventoryFile } from '../state/index.ts';
import type { InstallContext } from './context.ts';
import type { RootLayout } from '../game-folder/index.ts';
import { makeCopies, type Copies } from './make-copies.ts';
import { isPinned } from './split-payload.ts';
import { boundsOf, planInstall, type InstallPlan } from './plan.ts';
import { writeMarker } from './staging.ts';
import type { StreamedInstallListener, StreamedInstallRequest } from './types.ts';
import { comparePaths } from '../protocol/index.ts';
import type { ContentFile, ContentSender, IncomingContent } from '../content/index.ts';

interface ReceiveTreeOptions {
  readonly request: StreamedInstallRequest;
  readonly layout: RootLayout;
  readonly sender: ContentSender;
  readonly listener: StreamedInstallListener;
  readonly signal: AbortSignal;
}

/**
 * Makes the tree in staging. It checks every path before the first byte is written. It hashes every file, compares it
 * with the sender's own hash and flushes it, then compares the whole tree with the catalog's pin. The marker is still
 * in it afterwards. A failure leaves staging behind; the caller deletes it.
 */
export async function receiveTree(
  { fileSystem, limits, archiveRules }: Pick<InstallContext, 'fileSystem' | 'limits' | 'archiveRules'>,
  { request, layout, sender, listener, signal }: ReceiveTreeOptions,
): Promise<InventoryFile[]> {
  const { root, staging } = layout;
  const { peerId } = sender;
  await using content = await sender.open({ signal });
  await fileSystem.makeDirectory(root, { within: dirname(root) });
  const { freeBytes } = await fileSystem.space(root);
  const { payloadBytes: packedBytes, installedRoot, gameId } = request;
  const isTrusted = installedRoot !== undefined || isPinned(archiveRules(gameId));
  const plan = planOf(content, { packedBytes, freeBytes, limits: boundsOf(limits, { isPinned: isTrusted }) });
  const { totalBytes } = plan;
  listener.onBegin({ peerId, totalBytes });
  await fileSystem.makeDirectory(staging, { within: root });
  await writeMarker(fileSystem, staging);
  for (const directory of plan.directories)
    await fileSystem.makeDirectory(absolutePath(staging, directory), { within: staging });
  const files = filesOf(content);
  let bytes = 0;
  listener.onProgress({ peerId, bytes, totalBytes });
  const onBytes = (count: number): void => listener.onProgress({ peerId, bytes: (bytes += count), totalBytes });
  const hashes = await content.pour({ fileSystem, folder: staging, files }, { onBytes });
  const inventory = files.map(({ path, sizeBytes }, index) => ({ path, sizeBytes, blake3: hashes[index] ?? '' }));
  assertAsRead(inventory, { content, peerId });
  for (const { copies } of plan.archives) {
    await makeCopies(fileSystem, { folder: staging, copies }, { signal });
    inventory.push(...(await sealCopies(fileSystem, staging, { copies, inventory })));
  }
  assertPinned(inventory, { peerId, installedRoot: request.installedRoot });
  listener.onProgress({ peerId, bytes: totalBytes, totalBytes });
  await flushFolders(fileSystem, staging, plan);
  throwIfAborted(signal);
  return inventory.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}

type PlanLimits = Pick<Parameters<typeof planInstall>[0], 'freeBytes' | 'limits'>;

/** The same rules as for an archive: paths, collisions, bombs, space. */
function planOf(
  { entries }: IncomingContent,
  { packedBytes, ...limits }: PlanLimits & { packedBytes: number },
): InstallPlan {
  const archive = {
    path: parsePath('the stream', { atGameRoot: false }),
    unpackerId: '',
    packedBytes,
    entries: entries
      .filter(({ copyOf }) => copyOf === undefined)
      .map(({ path, size, kind }) => ({ path, sizeBytes: size, kind })),
    copies: entries.flatMap(({ path, size, copyOf }) =>
      copyOf === undefined ? [] : [{ path, sizeBytes: size, from: copyOf }],
    ),
  };
  const plan = planInstall({ archives: [archive], loose: [], ...limits });
  // A sender has already resolved which entry replaces which, so it lists no path twice.
  const twice = plan.archives.flatMap((planned) => planned.entries).find(({ entry, path }) => path !== entry.path);
  if (twice || plan.files.size < entries.filter(({ kind }) => kind === 'file').length)
    throw new LanspreadError('BAD_MESSAGE', {
      message: `The sender names ${quoted(twice?.entry.path ?? 'a file')} twice.`,
      details: twice && { entry: twice.entry.path },
    });
  return plan;
}

function filesOf({ entries }: IncomingContent): ContentFile[] {
  return entries
    .filter(({ kind, copyOf }) => kind === 'file' && copyOf === undefined)
    .map(({ path, size, executable = false }) => ({
      path: parsePath(path, { atGameRoot: false }),
      sizeBytes: size,
      executable,
    }));
}

/** Flushes the copies and returns their inventory entries. A copy has the hashes of its original. */
async function sealCopies(
  fileSystem: FileSystem,
  staging: string,
  { copies, inventory }: { copies: Copies; inventory: readonly InventoryFile[] },
): Promise<InventoryFile[]> {
  const known = new Map(inventory.map((file) => [file.path, file]));
  const made: InventoryFile[] = [];
  for (const [path, from] of copies) {
    await fileSystem.flushFile(absolutePath(staging, path));
    const file = known.get(from);
    if (file) made.push({ ...file, path });
  }
  return made;
}

/** Throws `ARCHIVE_CORRUPT` when a file differs from what the sender read. */
function assertAsRead(
  inventory: readonly InventoryFile[],
  { content, peerId }: { content: IncomingContent; peerId: string },
): void {
  const wrong = inventory.find(({ blake3 }, index) => blake3 !== content.hashes[index]);
  if (wrong)
    throw new LanspreadError('ARCHIVE_CORRUPT', {
      message: `${quoted(wrong.path)} is not what its sender read.`,
      details: { peerId, file: wrong.path },
    });
}

/** Throws `ARCHIVE_CORRUPT` when the whole tree differs from the catalog's pin. */
function assertPinned(
  inventory: readonly InventoryFile[],
  { peerId, installedRoot }: { peerId: string; installedRoot: string | undefined },
): void {
  if (installedRoot !== undefined && installedRootOf(inventory) !== installedRoot)
    throw new LanspreadError('ARCHIVE_CORRUPT', {
      message: 'What came is not what the catalog names.',
      details: { peerId },
    });
}

async function flushFolders(fileSystem: FileSystem, staging: string, { directories }: InstallPlan): Promise<void> {
  const deepestFirst = [...directories, ''].toSorted((a, b) => b.length - a.length);
  for (const directory of deepestFirst) await fileSystem.syncDirectory(join(staging, directory));
}

/**
 * One hash for a whole install: the BLAKE3 of the canonical list of its files, sorted by path in code-unit order. A
 * catalog may pin it (`installedRoot`), so that a streamed install need not trust its sender.
 */
export function installedRootOf(files: readonly InventoryFile[]): string {
  const listed = files
    .toSorted((a, b) => comparePaths(a.path, b.path))
    .map(({ path, sizeBytes, blake3 }) => ({ path, size: sizeBytes, blake3 }));
  return blake3Hex(JSON.stringify({ files: listed }));
}
