import { rm, writeFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, nodeFileSystem } from '../../../app/core/base/index.ts';
import { catalogLookMs, createCatalogRefresh } from '../../../app/core/catalog/catalog-refresh.ts';
import { until } from '../../support/eventually.ts';
import { tempDir } from '../../support/temp.ts';
import { VirtualClock } from '../../support/virtual-clock.ts';

interface Scene {
  readonly path: string;
  readonly clock: VirtualClock;
  readonly imports: string[];
  /** What the next imports fail with. */
  failWith(error: LanspreadError | undefined): void;
  /** Runs it again, as its supervisor does. */
  run(): Promise<unknown>;
  /** Looks once more, and lets it come to its end. */
  look(): Promise<void>;
}

async function refreshing(work: (scene: Scene) => Promise<void>): Promise<void> {
  await using temp = await tempDir('catalog-refresh');
  const path = temp.join('catalog.json');
  await writeFile(path, 'first');
  const clock = new VirtualClock();
  const imports: string[] = [];
  let failure: LanspreadError | undefined;
  let looks = 0;
  const fileSystem = {
    ...nodeFileSystem,
    stat(file: string) {
      looks += 1;
      return nodeFileSystem.stat(file);
    },
  };
  const importFile = async (file: string): Promise<never> => {
    imports.push(file);
    if (failure) throw failure;
    // oxlint-disable-next-line -- nobody reads what an import answers here
    return undefined as never;
  };
  const refresh = await createCatalogRefresh({
    options: { catalogFiles: [path] },
    catalog: { importFile },
    fileSystem,
    clock,
  });
  const ending = new AbortController();
  let running: Promise<unknown> = Promise.resolve();
  await work({
    path,
    clock,
    imports,
    failWith: (error) => void (failure = error),
    run: () => (running = refresh.run(ending.signal)),
    async look() {
      await until('it waits', () => Promise.resolve(clock.pendingCount === 1));
      const before = looks;
      await clock.advance(catalogLookMs);
      await until('it has looked', () => Promise.resolve(looks > before));
      await until('it waits again', () => Promise.resolve(clock.pendingCount === 1));
    },
  });
  ending.abort(new LanspreadError('SHUTTING_DOWN'));
  await running.catch(() => undefined);
  assert.is(clock.pendingCount, 0);
}

test('a catalog whose file stays as it is, is read once: at the start', () =>
  refreshing(async ({ run, look, imports }) => {
    void run();
    for (let round = 0; round < 3; round += 1) await look();
    assert.equal(imports, []);
  }));

test('a catalog whose file, or whose signature, changes is read again, once', () =>
  refreshing(async ({ path, run, look, imports }) => {
    void run();
    await look();
    await writeFile(path, 'second one');
    await look();
    await look();
    assert.equal(imports, [path]);
    await writeFile(`${path}.sig`, 'a signature');
    await look();
    await look();
    assert.equal(imports, [path, path]);
  }));

test('a catalog whose file is away keeps its games, and is read when it is back with another content', () =>
  refreshing(async ({ path, run, look, imports }) => {
    void run();
    await look();
    await rm(path);
    await look();
    assert.equal(imports, []);
    await writeFile(path, 'brought back, longer');
    await look();
    assert.equal(imports, [path]);
  }));

test('a file that is no catalog is a failure; run again, it is tried again until it is one', () =>
  refreshing(async ({ path, run, look, failWith, imports }) => {
    const invalid = new LanspreadError('CATALOG_INVALID');
    failWith(invalid);
    await writeFile(path, 'half writt');
    assert.is(await run().catch((error: unknown) => error), invalid);
    assert.is(await run().catch((error: unknown) => error), invalid, 'it is not taken for imported');
    failWith(undefined);
    void run();
    await look();
    assert.is(imports.length, 3);
    await look();
    assert.is(imports.length, 3);
  }));

test.run();
