/** Archives cut into several files: joined, or refused with the name of what is missing; installed and streamed alike. */
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { runSevenZip } from '../../support/archives.ts';
import { failure } from '../../support/failure.ts';
import { installLab, listener, requestFor } from '../../support/install-lab.ts';
import { seededBytes } from '../../support/random.ts';
import { rawTar } from '../../support/raw-tar.ts';
import { rawZip } from '../../support/raw-zip.ts';
import { streamTo } from '../../support/stream-to.ts';
import { tempDir } from '../../support/temp.ts';
import { assertSameTree, readTree } from '../../support/trees.ts';

const signal = AbortSignal.timeout(120_000);
const content = seededBytes('volumes', 250_000);

/** The names in `local/` with their sizes, or the code of the refusal with the file that it names. */
async function outcome(payload: Readonly<Record<string, Buffer>>): Promise<string> {
  await using lab = await installLab();
  const root = join(lab.gamesDir, 'quake');
  await mkdir(root, { recursive: true });
  for (const [name, bytes] of Object.entries(payload)) await writeFile(join(root, name), bytes);
  await writeFile(join(root, 'version.ini'), 'version = 1.0\n');
  const streamed = join(lab.gamesDir, 'streamed');
  const install = lab.installer.install(requestFor({ id: 'quake', root, version: '1.0' }), listener, { signal });
  const refused = await failure(install).catch(() => undefined);
  if (refused) {
    assert.is((await failure(streamTo(lab, streamed, root))).code, refused.code);
    return `${refused.code} ${String(refused.details['file'])}`;
  }
  await streamTo(lab, streamed, root);
  const tree = await readTree(join(root, 'local'));
  assertSameTree(await readTree(join(streamed, 'local')), tree);
  return tree.map(({ path, sizeBytes }) => `${path} ${sizeBytes}`).join(', ');
}

function cut(base: string, bytes: Buffer, pieces = 3): Record<string, Buffer> {
  const step = Math.ceil(bytes.length / pieces);
  return Object.fromEntries(
    Array.from({ length: pieces }, (_, index) => [
      `${base}.00${index + 1}`,
      bytes.subarray(index * step, (index + 1) * step),
    ]),
  );
}

async function sevenZipVolumes(format: '7z' | 'zip'): Promise<Record<string, Buffer>> {
  await using temp = await tempDir('volumes');
  await writeFile(temp.join('data.bin'), content);
  await runSevenZip(['a', `-t${format}`, '-v100k', '-mx=0', temp.join(`g.${format}`), 'data.bin'], temp.path);
  const names = (await readdir(temp.path)).filter((name) => name.startsWith('g.'));
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(temp.join(name))] as const)),
  );
}

test('a file that was cut into numbered pieces is joined, whatever it is called', async () => {
  const tar = rawTar([{ path: 'data.bin', bytes: content }]);
  for (const base of ['game.tar', 'g', 'g.eti', 'quake.tar'])
    assert.is(await outcome(cut(base, tar)), 'data.bin 250000', base);
  assert.is(await outcome(await sevenZipVolumes('7z')), 'data.bin 250000');
  assert.is(await outcome(await sevenZipVolumes('zip')), 'data.bin 250000');
});

test('a neighbour that only looks like a volume stays what it is', async () => {
  const payload = { 'kart.zip': rawZip([{ name: 'readme.txt', bytes: 'r' }]), 'kart.z64': Buffer.from('a rom') };
  assert.is(await outcome(payload), 'kart.z64 5, readme.txt 1');
  assert.is(await outcome({ 'save.001': Buffer.from('a'), 'save.002': Buffer.from('b') }), 'save.001 1, save.002 1');
});

test('a missing volume is named, and the fragments are not installed', async () => {
  const {
    'g.tar.001': first,
    'g.tar.002': second,
    'g.tar.003': third,
  } = cut('g.tar', rawTar([{ path: 'a', bytes: content }]));
  assert.ok(first && second && third);
  assert.is(await outcome({ 'g.tar.001': first, 'g.tar.003': third }), 'VOLUME_MISSING g.tar.002');
  assert.is(await outcome({ 'g.tar.002': second, 'g.tar.003': third }), 'VOLUME_MISSING g.tar.001');
  const { 'g.7z.001': begin, 'g.7z.003': end } = await sevenZipVolumes('7z');
  assert.ok(begin && end);
  assert.is(await outcome({ 'g.7z.001': begin, 'g.7z.003': end }), 'VOLUME_MISSING g.7z.002');
});

test.run();
