/** A process that downloads, cancels, discards or repairs is killed at each of its points; see `download-story.ts`. */
import { cp, rm } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { pointsToTry, runChild } from '../support/crash-runner.ts';
import {
  assertEnd,
  assertNothingLost,
  assertSettled,
  operations,
  prepareStory,
  recoverStory,
  runStory,
} from '../support/download-story.ts';
import { downloadLab } from '../support/fake-swarm.ts';
import { tempDir } from '../support/temp.ts';

const sample = 10;

for (const operation of operations) {
  test(`a ${operation} killed at any point loses nothing, settles, and can be brought to its end`, async () => {
    await using folder = await tempDir('crash');
    // The database holds absolute paths, so every run happens in the same place, one after the other.
    const [place, kept] = [folder.join('place'), folder.join('kept')];
    {
      await using lab = await downloadLab({ directory: place });
      await prepareStory(lab, operation);
    }
    await cp(place, kept, { recursive: true });
    const unbroken = await runChild('download-child.ts', [place, operation, '0']);
    assert.is(unbroken.exitCode, 0, 'without a crash it ends well');
    const names = unbroken.output.split('\n');
    assert.ok(names.length > 10, `${names.length} points`);
    const points = pointsToTry(names.length, sample);
    for (const point of points) {
      const what = `${operation} killed at ${point} of ${names.length}, ${names[point - 1]}`;
      await replace(place, kept);
      assert.is((await runChild('download-child.ts', [place, operation, String(point)])).signal, 'SIGKILL', what);
      await using lab = await downloadLab({ directory: place });
      await assertNothingLost(lab, operation, what);
      await recoverStory(lab);
      await assertNothingLost(lab, operation, `${what}, recovered`);
      await assertSettled(lab, what);
      // Cancelled before it began, there may be nothing left to cancel; after that the discard is the command.
      await runStory(lab, operation === 'cancel' ? 'discard' : operation);
      await assertEnd(lab, operation, `${what}, finished`);
    }
    console.log(`STEPS ${operation}: ${names.length} points, ${points.length} tried`);
  });
}

async function replace(to: string, from: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await cp(from, to, { recursive: true });
}

test.run();
