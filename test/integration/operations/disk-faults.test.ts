/** Single faults whose end is worth a sentence; `crash/faults-*` goes through all of them. */
import { basename } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { FileSystem } from '../../../app/core/base/index.ts';
import { faultFileSystem, systemError } from '../../support/fault-file-system.ts';
import { gameId, makeVersions } from '../../support/fault-game.ts';
import { faultLab, type FaultLab } from '../../support/fault-lab.ts';
import { tempDir } from '../../support/temp.ts';
import { diffTrees } from '../../support/trees.ts';

type Step = 'list' | 'deleteFile' | 'deleteTree' | 'syncDirectory';

/** A disk on which one kind of step fails in folders and files of one name, while it is broken. */
class DiskWithASpot {
  broken: { step: Step; name: string } | undefined;
  readonly wrap = (inner: FileSystem): FileSystem =>
    faultFileSystem(
      inner,
      ({ name, path }) => {
        if (this.broken?.step === name && this.broken.name === basename(path)) throw systemError('EIO');
      },
      { reads: true },
    );
}

async function withDownload(story: (lab: FaultLab, disk: DiskWithASpot) => Promise<void>): Promise<void> {
  await using folder = await tempDir('disk-faults');
  const disk = new DiskWithASpot();
  const made = await makeVersions(folder.join('made'));
  await using lab = await faultLab({ directory: folder.join('place'), made, wrap: disk.wrap });
  await lab.run((operations) => operations.download(gameId, { install: false }));
  await story(lab, disk);
}

const removes = (lab: FaultLab) => lab.run(async (operations) => await operations.removeDownload(gameId));

test('a removal that could not begin leaves the download as it was, for ever', () =>
  withDownload(async (lab, disk) => {
    const before = await lab.tree();
    disk.broken = { step: 'deleteFile', name: 'version.ini' };
    const { event, code } = await removes(lab);
    assert.equal([event, code], ['remove-failed', 'IO_ERROR']);
    assert.equal(diffTrees(await lab.tree(), before), []);
    // Else the next start would delete what the user was told is still here.
    assert.equal(lab.state.intents.all(), []);
  }));

test('a removal that broke off halfway is no download any more, and the next removal finishes it', () =>
  withDownload(async (lab, disk) => {
    disk.broken = { step: 'deleteTree', name: gameId };
    assert.equal((await removes(lab)).event, 'remove-failed');
    assert.not(lab.operations.snapshot.get(gameId)?.downloaded);
    disk.broken = undefined;
    assert.equal((await removes(lab)).event, 'remove-finished');
    assert.equal([await lab.tree(), lab.state.intents.all()], [[], []]);
    const refusal: unknown = await removes(lab).catch((error: unknown) => error);
    assert.is(Reflect.get(Object(refusal), 'code'), 'NOT_DOWNLOADED');
  }));

test('a removal whose last flush fails is a removal all the same', () =>
  withDownload(async (lab, disk) => {
    disk.broken = { step: 'syncDirectory', name: 'games' };
    assert.equal((await removes(lab)).event, 'remove-finished');
    assert.equal(await lab.tree(), []);
  }));

test('a download whose folder cannot be looked at afterwards is none that failed, and goes on to install', async () => {
  await using folder = await tempDir('disk-faults');
  let isComplete = false;
  let failures = 0;
  const wrap = (inner: FileSystem): FileSystem =>
    faultFileSystem(
      inner,
      ({ name, path }) => {
        if (name === 'rename' && basename(path) === '.version.ini.tmp') isComplete = true;
        if (!isComplete || failures > 0 || name !== 'list' || basename(path) !== gameId) return;
        failures += 1;
        throw systemError('EIO');
      },
      { reads: true },
    );
  const made = await makeVersions(folder.join('made'));
  await using lab = await faultLab({ directory: folder.join('place'), made, wrap });
  await lab.run((operations) => operations.download(gameId, { install: true }));
  const ends = lab.events.map(({ event }) => event).filter((event) => /-(?:finished|failed)$/.test(event));
  assert.equal([ends, failures], [['download-finished', 'install-finished'], 1]);
});

test.run();
