/** A disk that fails at any step of a download, a cancel, a discard or a repair; see `download-story.ts`. */
import { cp, rm } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { toLanspreadError } from '../../app/core/base/index.ts';
import {
  assertEnd,
  assertNothingLost,
  attemptStory,
  operations,
  prepareStory,
  recoverStory,
  runStory,
  type StoryOperation,
} from '../support/download-story.ts';
import { downloadLab, type DownloadLab } from '../support/fake-swarm.ts';
import { pointsToTry } from '../support/crash-runner.ts';
import { faultFileSystem, systemError } from '../support/fault-file-system.ts';
import { tempDir } from '../support/temp.ts';

const sample = 24;

const faults = {
  ENOSPC: 'DISK_FULL',
  EIO: 'IO_ERROR',
  EACCES: 'PERMISSION_DENIED',
  EBUSY: 'IO_ERROR',
  EMFILE: 'IO_ERROR',
  /** Half a write, then ENOSPC; half a read. */
  half: 'DISK_FULL',
} as const;
type Fault = keyof typeof faults;
const faultNames = Object.keys(faults) as Fault[];

interface Breaking {
  readonly at: number;
  readonly fault: Fault;
  readonly forever: boolean;
}

/** A lab whose disk breaks as told, until it is healed. */
async function brokenLab(
  directory: string,
  { at, fault, forever }: Breaking,
): Promise<{ lab: DownloadLab; steps: string[]; heal: () => void }> {
  const steps: string[] = [];
  let isHealed = false;
  const lab = await downloadLab({
    directory,
    wrapsLane: true,
    wrap: (inner) =>
      faultFileSystem(
        inner,
        ({ number, name, path }) => {
          steps.push(`${name} ${path.slice(directory.length)}`);
          if (isHealed || at === 0 || number < at || (number > at && !forever)) return undefined;
          if (fault === 'half') return 'half';
          throw systemError(fault);
        },
        { reads: true },
      ),
  });
  return { lab, steps, heal: () => void (isHealed = true) };
}

async function attempt(lab: DownloadLab, operation: StoryOperation): Promise<{ kind: string; code?: string }> {
  try {
    return await attemptStory(lab, operation);
  } catch (error) {
    // A discard throws; the operation that runs it tells of it.
    return { kind: 'failed', code: toLanspreadError(error).code };
  }
}

/** A spread of steps, each broken in one way; where every point is asked for, every step in all ways, once and for good. */
function waysToBreak(steps: number): Breaking[] {
  const isEvery = process.env['LANSPREAD_CRASH'] === 'every';
  return pointsToTry(steps, sample).flatMap((at, index) => {
    const chosen = isEvery ? faultNames : faultNames.slice(index % faultNames.length).slice(0, 1);
    const lasting = isEvery ? [false, true] : [index % 4 === 3];
    return chosen.flatMap((fault) => lasting.map((forever) => ({ at, fault, forever })));
  });
}

for (const operation of operations) {
  test(`a ${operation} on a disk that fails at any step loses nothing, says why, and works once it is well`, async () => {
    await using folder = await tempDir('faults');
    const [place, kept] = [folder.join('place'), folder.join('kept')];
    {
      await using lab = await downloadLab({ directory: place });
      await prepareStory(lab, operation);
    }
    await cp(place, kept, { recursive: true });
    const begin = async (): Promise<void> => {
      await rm(place, { recursive: true, force: true });
      await cp(kept, place, { recursive: true });
    };
    let count = 0;
    {
      await begin();
      const { lab, steps } = await brokenLab(place, { at: 0, fault: 'EIO', forever: false });
      await runStory(lab, operation);
      await lab[Symbol.asyncDispose]();
      count = steps.length;
    }
    assert.ok(count > 10, `${count} steps`);
    let failures = 0;
    const ways = waysToBreak(count);
    for (const way of ways) {
      await begin();
      const { lab, steps, heal } = await brokenLab(place, way);
      await using _lab = lab;
      const outcome = await attempt(lab, operation);
      const what = `${operation}, ${way.fault}${way.forever ? ' from' : ' at'} ${steps[way.at - 1]}: ${JSON.stringify(outcome)}`;
      heal();
      await assertNothingLost(lab, operation, what);
      if (outcome.kind === 'failed') {
        failures += 1;
        const codes: readonly string[] = way.fault === 'half' ? ['DISK_FULL'] : [faults[way.fault], 'GAMES_DIR_LOST'];
        assert.ok(codes.includes(outcome.code ?? ''), what);
      }
      // What a running core does next is the same command; after a restart recovery comes first.
      if (way.at % 2 === 0) await recoverStory(lab);
      await assertNothingLost(lab, operation, what);
      await runStory(lab, operation === 'cancel' ? 'discard' : operation);
      if (operation === 'cancel' || operation === 'discard') await recoverStory(lab);
      await assertEnd(lab, operation, what);
    }
    assert.ok(failures > ways.length / 8, `${failures} failures of ${ways.length}`);
    console.log(`STEPS ${operation}: ${count} steps, broken in ${ways.length} ways, ${failures} failures`);
  });
}

test.run();
