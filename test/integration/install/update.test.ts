import { readFile, truncate, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError, nodeFileSystem, type FileSystem } from '../../../app/core/base/index.ts';
import { flipByte } from '../../support/archives.ts';
import { faultFileSystem, systemError } from '../../support/fault-file-system.ts';
import { installLab, listener, requestFor } from '../../support/install-lab.ts';
import { assertSameTree, readTree } from '../../support/trees.ts';
import {
  assertOld,
  assertUpdated,
  installedText,
  prepareUpdate,
  replacePayload,
  specOf,
  updateOptions,
  updateSignal,
} from '../../support/update-story.ts';

test("an update brings the new version and keeps what is the player's and what the catalog keeps", async () => {
  await using lab = await installLab(updateOptions);
  const installed = await prepareUpdate(lab);
  await lab.installer.update(requestFor(installed.next), listener, { signal: updateSignal() });
  await assertUpdated(lab, installed);
  assert.equal((await lab.recover()).actions, []);
  await replacePayload(lab, installed.next, '3');
  await lab.installer.update({ ...requestFor(installed.next), version: '3' }, listener, { signal: updateSignal() });
  assert.is(
    await installedText(installed.next.root, 'cfg/video.cfg'),
    'my video',
    'and it is still kept the next time',
  );
  assert.is(await installedText(installed.next.root, 'game.exe'), 'game 3');
});

test('an update of what is not installed is refused', async () => {
  await using lab = await installLab(updateOptions);
  const game = await lab.game(specOf('1'));
  try {
    await lab.installer.update(requestFor(game), listener, { signal: updateSignal() });
    assert.unreachable();
  } catch (error) {
    assert.is(error instanceof LanspreadError && error.code, 'NOT_INSTALLED');
  }
  assertSameTree(await readTree(game.root), game.tree);
});

test('an update from a damaged archive leaves the old install exactly as it was', async () => {
  await using lab = await installLab(updateOptions);
  const installed = await prepareUpdate(lab);
  const archive = join(installed.old.root, 'victim.eti');
  // In the stored bytes of an entry, so that the listing is still fine and unpacking fails in the middle.
  const offset = (await readFile(archive)).indexOf('game 2');
  assert.ok(offset > 0);
  await flipByte(archive, offset);
  try {
    await lab.installer.update(requestFor(installed.next), listener, { signal: updateSignal() });
    assert.unreachable();
  } catch (error) {
    assert.is(error instanceof LanspreadError && error.code, 'ARCHIVE_CORRUPT');
  }
  await assertOld(lab, installed, 'after the failure');
});

test('an update that is cancelled leaves the old install', async () => {
  await using lab = await installLab(updateOptions);
  const installed = await prepareUpdate(lab);
  const cancel = new AbortController();
  const onProgress = (): void => cancel.abort(new LanspreadError('CANCELLED'));
  await lab.installer.update(requestFor(installed.next), { ...listener, onProgress }, { signal: cancel.signal }).then(
    () => assert.unreachable(),
    (error: unknown) => assert.is(Reflect.get(Object(error), 'code'), 'CANCELLED'),
  );
  await assertOld(lab, installed, 'after the cancel');
});

// A game saves when it likes: while its new version is unpacked, right before the trees change places, and right after.
const moments: [string, (step: string) => boolean, 'local' | '.local.backup'][] = [
  ['while it unpacks', (step) => step === 'makeDirectory .local.installing', 'local'],
  ['right before the swap', (step) => step === 'rename local', 'local'],
  ['right after the swap, in files it has open', (step) => step === 'rename .local.installing', '.local.backup'],
];
for (const [when, isMoment, folder] of moments)
  test(`what is saved ${when} goes along into the update`, async () => {
    let save = async (): Promise<void> => {};
    const fileSystem: FileSystem = { ...nodeFileSystem };
    for (const name of ['makeDirectory', 'rename'] as const)
      Object.assign(fileSystem, {
        [name]: async (path: string, ...rest: string[]) => {
          if (isMoment(`${name} ${basename(path)}`)) await save();
          // Both take paths alone.
          await (nodeFileSystem[name] as (...paths: string[]) => Promise<void>)(path, ...rest);
        },
      });
    await using lab = await installLab({ ...updateOptions, fileSystem });
    const { next } = await prepareUpdate(lab);
    let saved = 0;
    save = async () => {
      if ((saved += 1) > 1) return;
      await writeFile(join(next.root, folder, 'saves/1.sav'), 'a hundred and one hours');
      await writeFile(join(next.root, folder, 'cfg/video.cfg'), 'a new screen');
      await writeFile(join(next.root, folder, 'screenshot.png'), 'the boss');
    };
    await lab.installer.update(requestFor(next), listener, { signal: updateSignal() });
    assert.ok(saved > 0);
    const { root } = next;
    assert.is(await installedText(root, 'saves/1.sav'), 'a hundred and one hours');
    assert.is(await installedText(root, 'cfg/video.cfg'), 'a new screen');
    assert.is(await installedText(root, 'screenshot.png'), 'the boss');
    assert.is(await installedText(root, 'game.exe'), 'game 2');
    assert.equal((await lab.recover()).actions, []);
  });

test('a disk that copies a save only in part and says nothing of it loses nothing', async () => {
  let isSly = false;
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    async copyFile(from, to) {
      await nodeFileSystem.copyFile(from, to);
      if (isSly && basename(to) === '1.sav') await truncate(to, 3);
    },
  };
  await using lab = await installLab({ ...updateOptions, fileSystem });
  const installed = await prepareUpdate(lab);
  isSly = true;
  const error: unknown = await lab.installer
    .update(requestFor(installed.next), listener, { signal: updateSignal() })
    .catch((thrown: unknown) => thrown);
  assert.is(Reflect.get(Object(error), 'code'), 'IO_ERROR');
  await assertOld(lab, installed, 'after the sly copy');
  isSly = false;
  await lab.installer.update(requestFor(installed.next), listener, { signal: updateSignal() });
  await assertUpdated(lab, installed);
});

test('an update hit by a fault at any step rolls back exactly or is not a failure any more', async () => {
  let count = 0;
  let failAt = 0;
  let forever = false;
  const fileSystem: FileSystem = faultFileSystem(nodeFileSystem, () => {
    count += 1;
    if (failAt > 0 && (forever ? count >= failAt : count === failAt)) throw systemError('EIO');
  });
  const arm = (step: number, stays = false): void => {
    count = 0;
    failAt = step;
    forever = stays;
  };
  let steps = 0;
  for (let step = 0; step <= steps; step += 1) {
    for (const stays of step === 0 ? [false] : [false, true]) {
      arm(0);
      await using lab = await installLab({ ...updateOptions, fileSystem });
      const installed = await prepareUpdate(lab);
      arm(step, stays);
      const failed = await lab.installer.update(requestFor(installed.next), listener, { signal: updateSignal() }).then(
        () => false,
        () => true,
      );
      if (step === 0) steps = count;
      arm(0);
      if (stays) await lab.recover();
      if (failed) {
        await assertOld(lab, installed, `step ${step}${stays ? ' and on' : ''}`);
        await lab.installer.update(requestFor(installed.next), listener, { signal: updateSignal() });
      } else await lab.recover();
      await assertUpdated(lab, installed);
    }
  }
  assert.ok(steps > 20, `${steps} steps`);
});

test.run();
