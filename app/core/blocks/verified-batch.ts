import type { ManifestLayout } from '../protocol/index.ts';

/** How long neighbouring blocks are collected, in milliseconds. */
const gatherMs = 250;

/** Collects neighbouring verified blocks of one file into one event. */
export class VerifiedBatch {
  readonly #layout: ManifestLayout;
  readonly #tell: (facts: { file: string; firstBlock: number; count: number }) => void;
  #current: { fileIndex: number; firstBlock: number; count: number; startedAtMs: number } | undefined;

  constructor(layout: ManifestLayout, tell: (facts: { file: string; firstBlock: number; count: number }) => void) {
    this.#layout = layout;
    this.#tell = tell;
  }

  add(block: number): void {
    const { fileIndex, blockInFile } = this.#layout.place(block);
    const current = this.#current;
    if (current?.fileIndex === fileIndex && current.firstBlock + current.count === blockInFile) {
      current.count += 1;
      if (performance.now() - current.startedAtMs > gatherMs) this.flush();
      return;
    }
    this.flush();
    this.#current = { fileIndex, firstBlock: blockInFile, count: 1, startedAtMs: performance.now() };
  }

  flush(): void {
    const current = this.#current;
    this.#current = undefined;
    if (!current) return;
    const file = this.#layout.manifest.files[current.fileIndex]?.path ?? '';
    this.#tell({ file, firstBlock: current.firstBlock, count: current.count });
  }
}
