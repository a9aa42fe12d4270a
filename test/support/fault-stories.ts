/** The operations that a failing disk breaks; see `operation-faults.ts`. */
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Operations } from '../../app/core/operations/index.ts';
import { flipByte } from './archives.ts';
import { gameId } from './fault-game.ts';
import type { FaultLab } from './fault-lab.ts';
import type { Saves, Told, Version } from './root-invariants.ts';

const saves: Saves = { 'saves/1.sav': 'a hundred hours', 'cfg/video.cfg': 'my video', 'mods/a/b.txt': 'mine' };

/** An operation, and where it begins. */
export interface Story {
  /** What the catalog names while it is prepared. Default: 2. */
  readonly from?: Version;
  /** Brings the game to where the command begins. */
  readonly prepare?: (lab: FaultLab) => Promise<void>;
  /** Then, with no core running. */
  readonly spoil?: (root: string) => Promise<void>;
  readonly command: (operations: Operations) => void | Promise<void>;
  /** The event in which it ends well. */
  readonly wanted: string;
  /** A failure leaves the games folder as it was, to the byte; else what was fetched is kept. */
  readonly isExact: boolean;
  readonly told?: Partial<Told>;
}

const downloads = (lab: FaultLab) => lab.run((operations) => operations.download(gameId, { install: false }));
const installs = (lab: FaultLab) => lab.run((operations) => operations.download(gameId, { install: true }));
const streams = (lab: FaultLab) => lab.run((operations) => operations.streamInstall(gameId));
const plays = async ({ root }: FaultLab): Promise<void> => {
  for (const [path, text] of Object.entries(saves)) {
    await mkdir(join(root, 'local', path, '..'), { recursive: true });
    await writeFile(join(root, 'local', path), text);
  }
};

export const stories = {
  download: {
    command: (operations) => operations.download(gameId, { install: false }),
    wanted: 'download-finished',
    isExact: false,
  },
  'download and install': {
    command: (operations) => operations.download(gameId, { install: true }),
    wanted: 'install-finished',
    isExact: false,
  },
  install: {
    prepare: async (lab) => void (await downloads(lab)),
    command: (operations) => operations.install(gameId),
    wanted: 'install-finished',
    isExact: true,
  },
  update: {
    from: '1',
    async prepare(lab) {
      await installs(lab);
      await plays(lab);
      lab.wanted = '2';
      await downloads(lab);
    },
    command: (operations) => operations.update(gameId),
    wanted: 'update-finished',
    isExact: true,
    told: { saves },
  },
  'download and update': {
    from: '1',
    async prepare(lab) {
      await installs(lab);
      await plays(lab);
    },
    command: (operations) => operations.update(gameId),
    wanted: 'update-finished',
    isExact: false,
    told: { saves },
  },
  uninstall: {
    async prepare(lab) {
      await installs(lab);
      await plays(lab);
    },
    command: (operations) => operations.uninstall(gameId),
    wanted: 'uninstall-finished',
    isExact: true,
    told: { saves, isUninstalled: true },
  },
  'uninstall of what was streamed': {
    prepare: async (lab) => void (await streams(lab)),
    command: (operations) => operations.uninstall(gameId),
    wanted: 'uninstall-finished',
    isExact: true,
    told: { isUninstalled: true },
  },
  removal: {
    prepare: async (lab) => void (await downloads(lab)),
    command: async (operations) => await operations.removeDownload(gameId),
    wanted: 'remove-finished',
    isExact: false,
  },
  'streamed install': {
    command: (operations) => operations.streamInstall(gameId),
    wanted: 'install-finished',
    isExact: true,
  },
  repair: {
    prepare: async (lab) => void (await downloads(lab)),
    async spoil(root) {
      await flipByte(join(root, 'music.pak'), 1_000);
      await rm(join(root, 'same.pak'));
    },
    command: (operations) => operations.repair(gameId),
    wanted: 'repair-finished',
    isExact: false,
    told: { isSpoilt: true },
  },
} satisfies Record<string, Story>;

export type StoryName = keyof typeof stories;
