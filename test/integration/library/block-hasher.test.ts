/** The hashing thread. */
import { execFile } from 'node:child_process';
import { open, symlink, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { blake3Hex, systemCode } from '../../../app/core/base/index.ts';
import { WorkerBlockHasher } from '../../../app/core/library/index.ts';
import { blockSizeBytes } from '../../../app/core/protocol/index.ts';
import { tempDir } from '../../support/temp.ts';

const mib = 1024 * 1024;

function bytesOf(sizeBytes: number): Buffer {
  const bytes = Buffer.alloc(sizeBytes);
  for (let at = 0; at < sizeBytes; at += 997) bytes[at] = at % 251;
  return bytes;
}

const blocksOf = (bytes: Buffer): string[] =>
  Array.from({ length: Math.ceil(bytes.length / blockSizeBytes) }, (_, block) =>
    blake3Hex(bytes.subarray(block * blockSizeBytes, (block + 1) * blockSizeBytes)),
  );

/** A file of zeros that takes no room: large enough that hashing it takes a while. */
async function sparseFile(path: string, sizeBytes: number): Promise<void> {
  await using handle = await open(path, 'w');
  await handle.truncate(sizeBytes);
}

async function codeOf(work: Promise<unknown>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return systemCode(error);
  }
}

const sizes = [
  0,
  1,
  256 * 1024 - 1,
  256 * 1024 + 1,
  blockSizeBytes - 1,
  blockSizeBytes,
  blockSizeBytes + 1,
  70 * mib + 5,
];
for (const sizeBytes of sizes) {
  test(`the blocks of a file of ${sizeBytes} bytes`, async () => {
    await using temp = await tempDir('hash');
    await using hasher = new WorkerBlockHasher();
    const bytes = bytesOf(sizeBytes);
    await writeFile(temp.join('x'), bytes);
    assert.equal(await hasher.hashFile(temp.join('x')), blocksOf(bytes));
  });
}

test('blocks are compared one by one; a short or missing file fails, a link counts as missing', async () => {
  await using temp = await tempDir('hash');
  await using hasher = new WorkerBlockHasher();
  const bytes = bytesOf(2 * blockSizeBytes + 10);
  await writeFile(temp.join('x'), bytes);
  await symlink(temp.join('x'), temp.join('link'));
  const blocks = blocksOf(bytes).map((hash, block) => ({
    offsetBytes: block * blockSizeBytes,
    lengthBytes: Math.min(blockSizeBytes, bytes.length - block * blockSizeBytes),
    hash,
  }));
  const [first, second, third] = blocks;
  assert.ok(first && second && third);
  const damaged = { ...second, hash: 'f'.repeat(64) };
  const tooLong = { ...third, lengthBytes: 11 };
  const asked = [third, damaged, first, tooLong, second];
  assert.equal(await hasher.checkBlocks(temp.join('x'), asked), [true, false, true, false, true]);
  assert.equal(await hasher.checkBlocks(temp.join('none'), [first, second]), [false, false]);
  assert.equal(await hasher.checkBlocks(temp.join('link'), [first]), [false]);
  assert.equal(await hasher.checkBlocks(temp.join('x'), []), []);
});

test('what is no regular file is an error, and the thread goes on', async () => {
  await using temp = await tempDir('hash');
  await using hasher = new WorkerBlockHasher();
  await writeFile(temp.join('x'), 'x');
  await symlink(temp.join('x'), temp.join('link'));
  assert.is(await codeOf(hasher.hashFile(temp.join('none'))), 'ENOENT');
  assert.is(await codeOf(hasher.hashFile(temp.path)), 'EINVAL');
  assert.is(await codeOf(hasher.hashFile(temp.join('link'))), 'ELOOP');
  if (process.platform !== 'win32') {
    await promisify(execFile)('mkfifo', [temp.join('pipe')]);
    assert.is(await codeOf(hasher.hashFile(temp.join('pipe'))), 'EINVAL');
  }
  assert.equal(await hasher.hashFile(temp.join('x')), [blake3Hex('x')]);
});

test('who is urgent does not wait for a large file to end', async () => {
  await using temp = await tempDir('hash');
  await using hasher = new WorkerBlockHasher();
  await sparseFile(temp.join('large'), 2048 * mib);
  await writeFile(temp.join('small'), 'x');
  const order: string[] = [];
  const started = Promise.withResolvers<void>();
  const large = hasher.hashFile(temp.join('large'), { onProgress: () => started.resolve() });
  const later = hasher.hashFile(temp.join('small'));
  await started.promise;
  const urgent = hasher.hashFile(temp.join('small'), { isUrgent: () => true });
  await Promise.all([
    large.then(() => order.push('large')),
    later.then(() => order.push('later')),
    urgent.then(() => order.push('urgent')),
  ]);
  assert.equal(order, ['urgent', 'large', 'later']);
});

test('a job that becomes urgent while it waits goes first', async () => {
  await using temp = await tempDir('hash');
  await using hasher = new WorkerBlockHasher();
  await sparseFile(temp.join('large'), 512 * mib);
  await writeFile(temp.join('small'), 'x');
  let isUrgent = false;
  const order: string[] = [];
  const large = hasher.hashFile(temp.join('large'), { onProgress: () => (isUrgent = true) });
  const small = hasher.hashFile(temp.join('small'), { isUrgent: () => isUrgent });
  await Promise.all([large.then(() => order.push('large')), small.then(() => order.push('small'))]);
  assert.equal(order, ['small', 'large']);
});

test('an aborted job ends at once and stops the thread within a block; the next one is sound', async () => {
  await using temp = await tempDir('hash');
  await using hasher = new WorkerBlockHasher();
  await sparseFile(temp.join('large'), 8192 * mib);
  await writeFile(temp.join('small'), 'abc');
  const controller = new AbortController();
  let told = 0;
  const onProgress = (): void => {
    told += 1;
    controller.abort();
  };
  let code: unknown;
  await hasher
    .hashFile(temp.join('large'), { signal: controller.signal, onProgress })
    .catch((error: { code?: unknown }) => {
      code = error.code;
    });
  assert.is(code, 'CANCELLED');
  assert.is(told, 1);
  const started = performance.now();
  assert.equal(await hasher.hashFile(temp.join('small')), [blake3Hex('abc')]);
  assert.ok(performance.now() - started < 1_500, 'it did not hash the rest of 8 GiB');
});

test('an aborted job stops the thread within a slice, too', async () => {
  await using temp = await tempDir('hash');
  await using hasher = new WorkerBlockHasher();
  await sparseFile(temp.join('large'), 16_384 * mib);
  await writeFile(temp.join('small'), 'abc');
  await hasher.hashFile(temp.join('small'));
  const controller = new AbortController();
  const blocks = Array.from({ length: 16 }, (_, block) => ({
    offsetBytes: block * 1024 * mib,
    lengthBytes: 1024 * mib,
    hash: 'f'.repeat(64),
  }));
  const large = hasher.checkBlocks(temp.join('large'), blocks, { signal: controller.signal }).catch(() => 'aborted');
  controller.abort();
  assert.is(await large, 'aborted');
  const started = performance.now();
  await hasher.hashFile(temp.join('small'));
  assert.ok(performance.now() - started < 2_500, 'it did not read the other 15 GiB');
});

test('closing ends the thread and every job', async () => {
  await using temp = await tempDir('hash');
  const hasher = new WorkerBlockHasher();
  await sparseFile(temp.join('large'), 4096 * mib);
  const codes: unknown[] = [];
  const note = (error: { code?: unknown }): void => void codes.push(error.code);
  const started = Promise.withResolvers<void>();
  const jobs = [
    hasher.hashFile(temp.join('large'), { onProgress: () => started.resolve() }).catch(note),
    hasher.hashFile(temp.join('large')).catch(note),
  ];
  await started.promise;
  await hasher[Symbol.asyncDispose]();
  await Promise.all(jobs);
  await hasher.hashFile(temp.join('large')).catch(note);
  assert.equal(codes, ['SHUTTING_DOWN', 'SHUTTING_DOWN', 'SHUTTING_DOWN']);
  assert.not.ok(process.getActiveResourcesInfo().includes('MessagePort'));
});

test('an idle thread keeps no process alive', async () => {
  await using temp = await tempDir('hash');
  await writeFile(temp.join('x'), 'x');
  const door = new URL('../../../app/core/library/index.ts', import.meta.url).href;
  const program = `
    const { WorkerBlockHasher } = await import(${JSON.stringify(door)});
    const hashes = await new WorkerBlockHasher().hashFile(${JSON.stringify(temp.join('x'))});
    process.stdout.write(hashes.join());
  `;
  await writeFile(temp.join('program.mjs'), program);
  const args = ['--disable-warning=ExperimentalWarning', temp.join('program.mjs')];
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
  assert.is(stdout, blake3Hex('x'));
});

test.run();
