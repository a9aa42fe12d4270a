import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { installLab, listener, requestFor } from '../../support/install-lab.ts';
import { runInstallChild } from '../../support/install-process.ts';
import { assertOld, assertUpdated, prepareUpdate, updateOptions, updateSignal } from '../../support/update-story.ts';

test('an update killed at any step is undone or finished by recovery, and no player byte is lost', async () => {
  let steps = 0;
  const outcomes = new Set<string>();
  for (let step = 0; step <= steps; step += 1) {
    await using lab = await installLab(updateOptions);
    const installed = await prepareUpdate(lab);
    const child = await runInstallChild({
      directory: lab.directory,
      operation: 'update',
      crashStep: step,
      game: installed.next,
    });
    if (step === 0) {
      assert.is(child.exitCode, 0);
      steps = child.steps;
    } else assert.is(child.signal, 'SIGKILL', `step ${step}`);
    await lab.recover();
    assert.equal((await lab.recover()).actions, [], `step ${step}`);
    const version = lab.state.library.get(installed.old.root)?.installedVersion;
    outcomes.add(String(version));
    if (version === '1') {
      await assertOld(lab, installed, `step ${step}`);
      await lab.installer.update(requestFor(installed.next), listener, { signal: updateSignal() });
    }
    await assertUpdated(lab, installed);
  }
  console.log(`STEPS update: killed at each of ${steps}`);
  assert.ok(steps > 25, `${steps} steps`);
  assert.equal(Array.from(outcomes).sort(), ['1', '2']);
});

test.run();
