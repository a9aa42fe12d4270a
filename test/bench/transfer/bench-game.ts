/** A game's files on disk with their hashes, told to the helper processes by a file. */
import { closeSync, openSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { blake3Hex, parseGameId, parsePath } from '../../../app/core/base/index.ts';
import { blockSizeBytes, ManifestLayout, type GetBlocks, type Manifest } from '../../../app/core/protocol/index.ts';
import type { Authorize, FetchRequest, FileWrite, ServePlan } from '../../../app/core/lanes/types.ts';
import { seededChunks } from '../../support/random.ts';

export class BenchGame {
  readonly folder: string;
  readonly layout: ManifestLayout;
  readonly root: string;
  readonly #indexOf: ReadonlyMap<string, number>;

  constructor(folder: string, manifest: Manifest) {
    this.folder = folder;
    this.layout = new ManifestLayout(manifest);
    this.root = blake3Hex(JSON.stringify(manifest.files.length));
    this.#indexOf = new Map(manifest.files.map(({ path }, index) => [path, index]));
  }

  /** Writes the files and, beside them, what `open` reads. */
  static create(folder: string, sizes: readonly number[]): BenchGame {
    const files = sizes.map((size, index) => {
      const path = parsePath(`file-${String(index).padStart(5, '0')}.bin`, { atGameRoot: true });
      const blocks: string[] = [];
      const descriptor = openSync(join(folder, path), 'w');
      for (const chunk of seededChunks(`bench ${index}`, size)) {
        blocks.push(blake3Hex(chunk));
        writeSync(descriptor, chunk);
      }
      closeSync(descriptor);
      return { path, size, blocks };
    });
    const id = parseGameId('bench');
    const manifest: Manifest = { id, version: '1', sentinel: '1', blockSize: blockSizeBytes, directories: [], files };
    writeFileSync(join(folder, 'manifest.json'), JSON.stringify(manifest));
    return new BenchGame(folder, manifest);
  }

  static open(folder: string): BenchGame {
    // Written by `create` of the same program.
    return new BenchGame(folder, JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')) as Manifest);
  }

  readonly authorize: Authorize = async (_peerId, { file, from, count }) => {
    const first = this.layout.firstBlockOf(this.#indexOf.get(file) ?? -1) + from;
    const segments: ServePlan['segments'][number][] = [];
    let totalBytes = 0;
    for (let block = first; block < first + count; block += 1) {
      const { fileIndex, offsetBytes, lengthBytes } = this.layout.place(block);
      totalBytes += lengthBytes;
      segments.push({ path: join(this.folder, this.#pathOf(fileIndex)), offsetBytes, lengthBytes });
    }
    return { totalBytes, segments };
  };

  fetchRequest(peerId: string, target: string, { first, count }: { first: number; count: number }): FetchRequest {
    const files: (FileWrite & { blocks: FileWrite['blocks'][number][] })[] = [];
    for (let block = first; block < first + count; block += 1) {
      const { fileIndex, offsetBytes, lengthBytes, hash } = this.layout.place(block);
      const path = join(target, this.#pathOf(fileIndex));
      const sizeBytes = this.layout.manifest.files[fileIndex]?.size ?? 0;
      if (files.at(-1)?.path !== path) files.push({ path, sizeBytes, blocks: [] });
      files.at(-1)?.blocks.push({ block, offsetBytes, lengthBytes, hash });
    }
    const { fileIndex, blockInFile } = this.layout.place(first);
    const file = this.#pathOf(fileIndex);
    const request: GetBlocks = {
      op: 'blocks',
      id: this.layout.manifest.id,
      root: this.root,
      file,
      from: blockInFile,
      count,
    };
    return { peerId, request, files };
  }

  #pathOf(fileIndex: number): string {
    return this.layout.manifest.files[fileIndex]?.path ?? '';
  }
}
