import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  patientFileSystem,
  systemCode,
  type EntryKind,
  type FileStat,
  type PatientMethods,
} from '../../../app/core/base/index.ts';
import { systemError } from '../../support/fault-file-system.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

type Refusal = 'EBUSY' | 'EPERM' | 'EACCES' | 'ENOTEMPTY' | 'ENOSPC';

/** A disk of a file and a folder, which somebody holds for a while. */
class HeldDisk {
  readonly clock = new VirtualClock();
  tries = 0;
  readonly #heldMs: number;
  readonly #refusal: Refusal;
  readonly #kinds: Readonly<Record<string, EntryKind>>;

  constructor(
    heldMs: number,
    { refusal = 'EBUSY', kinds = {} }: { refusal?: Refusal; kinds?: Record<string, EntryKind> } = {},
  ) {
    this.#heldMs = heldMs;
    this.#refusal = refusal;
    this.#kinds = { '/file': 'file', '/folder': 'directory', ...kinds };
  }

  async #change(): Promise<void> {
    this.tries += 1;
    if (this.clock.monotonicMs() < this.#heldMs) throw systemError(this.#refusal);
  }

  fileSystem(isHeldHere = true) {
    const change = (): Promise<void> => this.#change();
    const disk: PatientMethods = {
      lstat: async (path: string): Promise<FileStat> => {
        const kind = this.#kinds[path];
        if (!kind) throw systemError('ENOENT');
        return { kind, sizeBytes: 0, mtimeNs: 0n, inode: 1n, executable: false, allocatedBytes: 0 };
      },
      rename: change,
      flushFile: change,
      deleteFile: change,
      deleteDirectory: change,
      deleteTree: change,
    };
    return patientFileSystem(disk, { clock: this.clock, isHeldHere });
  }

  /** How the work ends within this time: its error's code, `done`, or `waiting`. */
  async ends(work: Promise<void>, withinMs: number): Promise<string> {
    let end = 'waiting';
    const ended = work.then(
      () => (end = 'done'),
      (error: unknown) => (end = systemCode(error) ?? String(error)),
    );
    await this.clock.advance(withinMs);
    if (end !== 'waiting') await ended;
    return end;
  }
}

type Patient = ReturnType<HeldDisk['fileSystem']>;
const works: Record<string, (fileSystem: Patient) => Promise<void>> = {
  'the rename of a file': (fileSystem) => fileSystem.rename('/file', '/new'),
  'the rename of a folder': (fileSystem) => fileSystem.rename('/folder', '/new'),
  'the flush of a file': (fileSystem) => fileSystem.flushFile('/file'),
  'the delete of a file': (fileSystem) => fileSystem.deleteFile('/file'),
  'the delete of an empty folder': (fileSystem) => fileSystem.deleteDirectory('/folder'),
  'the delete of a tree': (fileSystem) => fileSystem.deleteTree('/folder'),
};

for (const [what, work] of Object.entries(works)) {
  for (const refusal of ['EBUSY', 'EPERM', 'EACCES'] as const)
    test(`${what} outlasts a virus scanner of 200 ms that makes it ${refusal}`, async () => {
      const disk = new HeldDisk(200, { refusal });
      assert.is(await disk.ends(work(disk.fileSystem()), 400), 'done');
      assert.ok(disk.tries > 2 && disk.tries < 10, `${disk.tries} tries`);
      assert.is(disk.clock.pendingCount, 0);
    });
  test(`${what} on a full disk fails at once`, async () => {
    const disk = new HeldDisk(200, { refusal: 'ENOSPC' });
    assert.equal([await disk.ends(work(disk.fileSystem()), 0), disk.tries], ['ENOSPC', 1]);
  });
  test(`${what} is refused at once where files are not held`, async () => {
    const disk = new HeldDisk(200);
    assert.equal([await disk.ends(work(disk.fileSystem(false)), 0), disk.tries], ['EBUSY', 1]);
  });
}

for (const [what, limitMs] of [
  ['the rename of a file', 2_000],
  ['the flush of a file', 2_000],
  ['the delete of a file', 2_000],
  ['the delete of an empty folder', 2_000],
  ['the delete of a tree', 10_000],
  ['the rename of a folder', 60_000],
] as const)
  test(`${what} is given up after ${limitMs} ms`, async () => {
    const disk = new HeldDisk(Infinity);
    const ended = works[what]?.(disk.fileSystem());
    assert.ok(ended);
    assert.is(await disk.ends(ended, limitMs - 1), 'waiting');
    assert.is(await disk.ends(ended, 1), 'EBUSY');
    assert.ok(disk.tries <= 10 + limitMs / 1_000, `${disk.tries} tries`);
  });

test('a tree with a file that is held until its delete is waited for, a folder with a file of somebody else is not', async () => {
  const tree = new HeldDisk(200, { refusal: 'ENOTEMPTY' });
  assert.is(await tree.ends(tree.fileSystem().deleteTree('/folder'), 400), 'done');
  const folder = new HeldDisk(200, { refusal: 'ENOTEMPTY' });
  assert.is(await folder.ends(folder.fileSystem().deleteDirectory('/folder'), 0), 'ENOTEMPTY');
});

test('a rename onto a folder is not waited for, one over a file is', async () => {
  for (const from of ['/file', '/folder']) {
    const disk = new HeldDisk(200, { refusal: 'EPERM', kinds: { '/taken': 'directory' } });
    assert.equal([await disk.ends(disk.fileSystem().rename(from, '/taken'), 0), disk.tries], ['EPERM', 1]);
  }
  const disk = new HeldDisk(200, { refusal: 'EPERM', kinds: { '/taken': 'file' } });
  assert.is(await disk.ends(disk.fileSystem().rename('/file', '/taken'), 400), 'done');
});

test.run();
