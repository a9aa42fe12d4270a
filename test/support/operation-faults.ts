/**
 * Every operation with every fault of a disk at each of its steps, looks included, once and for good: what was there is
 * there, or the operation is done; it ends in one event that says why; nothing of ours is left behind; and once the disk
 * is well the same command comes to its end.
 */
import { cp, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { toLanspreadError } from '../../app/core/base/index.ts';
import { pointsToTry } from './crash-runner.ts';
import { faultsInEvents } from './event-faults.ts';
import { faultFileSystem, systemError } from './fault-file-system.ts';
import { gameId, makeVersions, type MadeGame } from './fault-game.ts';
import { faultLab, type FaultLab } from './fault-lab.ts';
import { stories, type Story, type StoryName } from './fault-stories.ts';
import { sentinelText } from './games.ts';
import { RootInvariants, versions, type Told, type Version } from './root-invariants.ts';
import { tempDir } from './temp.ts';
import { diffTrees, type Tree } from './trees.ts';

/** What the system says, and what the launcher calls it. `half`: half of a write or copy, then a full disk; half of a read. */
const faults = {
  ENOSPC: 'DISK_FULL',
  EIO: 'IO_ERROR',
  EACCES: 'PERMISSION_DENIED',
  EBUSY: 'IO_ERROR',
  EMFILE: 'IO_ERROR',
  half: 'DISK_FULL',
} as const;
type Fault = keyof typeof faults;
// Of an object of this file.
const faultNames = Object.keys(faults) as Fault[];

interface Breaking {
  /** From 1. */
  readonly step: number;
  readonly fault: Fault;
  readonly forever: boolean;
}

/** How many ways a run takes that does not try every one. */
const sample = 24;

/** A spread of the steps, each broken in one way; where every point is asked for, every step in all ways. */
function waysToBreak(steps: number): Breaking[] {
  const isEvery = process.env['LANSPREAD_CRASH'] === 'every';
  return pointsToTry(steps, sample).flatMap((step, index) => {
    const chosen = isEvery ? faultNames : faultNames.slice(index % faultNames.length).slice(0, 1);
    const lasting = isEvery ? [false, true] : [Math.floor(index / faultNames.length) % 3 === 2];
    return chosen.flatMap((fault) => lasting.map((forever) => ({ step, fault, forever })));
  });
}

/** A disk that breaks as it is told. */
class WeakDisk {
  readonly steps: string[] = [];
  #breaking: Breaking | undefined;
  #isArmed = false;

  readonly wrap = (inner: Parameters<typeof faultFileSystem>[0]) =>
    faultFileSystem(
      inner,
      ({ name, path }) => {
        if (!this.#isArmed) return undefined;
        const count = this.steps.push(`${name} ${path.slice(path.indexOf('/games') + 6)}`);
        const { step, fault, forever } = this.#breaking ?? { step: Infinity, fault: 'EIO', forever: false };
        if (count < step || (count > step && !forever)) return undefined;
        if (fault === 'half') return 'half';
        throw systemError(fault);
      },
      { reads: true },
    );

  arm(breaking?: Breaking): void {
    this.#breaking = breaking;
    this.#isArmed = true;
  }

  heal(): void {
    this.#isArmed = false;
  }
}

interface End {
  readonly kind: 'well' | 'failed' | 'refused';
  readonly code?: unknown;
  readonly event?: string;
}

/** Gives the command, whatever becomes of it. */
async function attempt(lab: FaultLab, { command, wanted }: Story): Promise<End> {
  try {
    const { event, code } = await lab.run(command);
    return event === wanted ? { kind: 'well', event } : { kind: 'failed', event, code };
  } catch (error) {
    // It was refused because the disk could not be looked at.
    return { kind: 'refused', code: toLanspreadError(error).code };
  }
}

/** What the sentinel says, if there is one. */
const versionHere = ({ root }: FaultLab): Promise<string | undefined> =>
  readFile(join(root, 'version.ini'), 'utf8').then(
    (text) => versions.find((version) => text === sentinelText(version)),
    () => undefined,
  );

/** One story, laid out once, and begun as often as it is broken. */
class Bench {
  readonly #place: string;
  readonly #kept: string;
  readonly #story: Story;
  readonly made: Record<Version, MadeGame>;
  readonly roots: RootInvariants;
  readonly told: Told;
  before: Tree = [];
  after: Tree = [];

  constructor(folder: string, { story, made }: { story: Story; made: Record<Version, MadeGame> }) {
    this.#place = join(folder, 'place');
    this.#kept = join(folder, 'kept');
    this.#story = story;
    this.made = made;
    this.told = { saves: {}, ...story.told };
    const gamesDir = join(this.#place, 'games');
    this.roots = new RootInvariants({ gamesDir, made: (_id, version) => made[version] });
  }

  open(disk?: WeakDisk): Promise<FaultLab> {
    return faultLab({ directory: this.#place, made: this.made, ...(disk && { wrap: disk.wrap }) });
  }

  /** Answers with how many steps the command takes. */
  async prepare(): Promise<number> {
    const { from = '2', prepare, spoil, isExact } = this.#story;
    {
      await using lab = await this.open();
      lab.wanted = from;
      await prepare?.(lab);
      await spoil?.(lab.root);
    }
    await cp(this.#place, this.#kept, { recursive: true, preserveTimestamps: true });
    const disk = new WeakDisk();
    await using lab = await this.begin(disk);
    this.before = await lab.tree();
    disk.arm();
    const end = await attempt(lab, this.#story);
    disk.heal();
    assert.is(end.kind, 'well', JSON.stringify(end));
    this.after = await lab.tree();
    assert.ok(!isExact || diffTrees(this.after, this.before).length > 0, 'it changes something');
    return disk.steps.length;
  }

  async begin(disk: WeakDisk): Promise<FaultLab> {
    await rm(this.#place, { recursive: true, force: true });
    await cp(this.#kept, this.#place, { recursive: true, preserveTimestamps: true });
    return await this.open(disk);
  }

  isAt(tree: Tree, end: 'before' | 'after'): boolean {
    return diffTrees(tree, this[end]).length === 0;
  }

  /** Breaks the command in one way and sees it through. Tells whether it failed. */
  async breakOnce(way: Breaking): Promise<boolean> {
    const { isExact } = this.#story;
    const disk = new WeakDisk();
    let what: string;
    let end: End;
    {
      await using lab = await this.begin(disk);
      disk.arm(way);
      end = await attempt(lab, this.#story);
      disk.heal();
      what = `${way.fault}${way.forever ? ' from' : ' at'} ${way.step}, ${disk.steps[way.step - 1]}: ${JSON.stringify(end)}`;
      const codes: unknown[] = way.forever ? [faults[way.fault], 'GAMES_DIR_LOST'] : [faults[way.fault]];
      if (end.kind !== 'well') assert.ok(codes.includes(end.code), what);
      assert.equal(faultsInEvents(lab.events, { isKilled: false }), [], what);
      assert.equal(await this.roots.lossesOf(gameId, this.told), [], what);
      // A download that is whole and says so is no failed one, unless nobody can look any more.
      if (end.event === 'download-failed' && !way.forever)
        assert.is.not(await versionHere(lab), lab.wanted, `${what}: and yet it is here`);
      // One fault is over when it is rolled back, so nothing hinders that.
      if (end.kind !== 'well' && isExact && !way.forever) {
        assert.equal(diffTrees(await lab.tree(), this.before), [], `${what}: rolled back`);
        assert.is(lab.state.intents.get(lab.root), undefined, `${what}: no intent`);
      }
      // Half of the time the same core goes on, half of the time the next one.
      if (way.step % 2 === 0) await this.#seeThrough(lab, { what, end });
    }
    if (way.step % 2 === 1) {
      await using lab = await this.open();
      await this.#seeThrough(lab, { what: `${what}, after a restart`, end, isRecovered: true });
    }
    await using lab = await this.open();
    assert.ok(this.isAt(await lab.tree(), 'after'), `${what}: a later start finds it done`);
    return end.kind !== 'well';
  }

  /** The disk is well. */
  async #seeThrough(
    lab: FaultLab,
    { what, end, isRecovered = false }: { what: string; end: End; isRecovered?: boolean },
  ): Promise<void> {
    const { isExact } = this.#story;
    await lab.idle();
    if (isRecovered) {
      assert.equal(await this.roots.faultsOf(gameId, { ...this.told, isResumable: true }), [], what);
      const tree = await lab.tree();
      assert.equal(end.kind === 'well' ? diffTrees(tree, this.after) : [], [], `${what}: it was done`);
      if (isExact) assert.ok(this.isAt(tree, 'before') || this.isAt(tree, 'after'), `${what}: before or after`);
    }
    if (end.kind !== 'well' && !this.isAt(await lab.tree(), 'after')) {
      const second = await attempt(lab, this.#story);
      assert.is(second.kind, 'well', `${what}; the second try: ${JSON.stringify(second)}`);
    }
    assert.equal(faultsInEvents(lab.events, { isKilled: false }), [], what);
    if (end.kind === 'well' && !isRecovered) return;
    assert.equal(diffTrees(await lab.tree(), this.after), [], `${what}: at the end`);
    assert.equal(await this.roots.faultsOf(gameId, { ...this.told, isSpoilt: false }), [], what);
    assert.equal(lab.state.intents.all(), [], what);
  }
}

/** Defines the test of one operation; each has a file of its own, so that they run side by side. */
export function testFaults(name: StoryName): void {
  const story: Story = stories[name];
  test(`a ${name} on a disk that fails at any step is undone or done, says why, and works once the disk is well`, async () => {
    await using folder = await tempDir('faults');
    const made = await makeVersions(folder.join('made'));
    const bench = new Bench(folder.path, { story, made });
    const steps = await bench.prepare();
    assert.ok(steps > 10, `${steps} steps`);
    const ways = waysToBreak(steps);
    let failures = 0;
    for (const way of ways) if (await bench.breakOnce(way)) failures += 1;
    assert.ok(failures > ways.length / 8, `${failures} failures of ${ways.length}`);
    console.log(`STEPS ${name}: ${steps} steps, broken in ${ways.length} ways, ${failures} failures`);
  });
}
