/** A whole core whose database takes no write any more: it goes on, and catches up once there is room. */
import { mkdir, writeFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { startCore, type CoreHandle, type CoreOptions } from '../../../app/core/core.ts';
import type { CoreEvent, CoreEventName } from '../../../app/core/rpc/index.ts';
import type { Lane } from '../../../app/core/lanes/index.ts';
import { catalogEntry, writeCatalog } from '../../support/catalogs.ts';
import { eventually, until } from '../../support/eventually.ts';
import { FullStateDisk } from '../../support/full-state-disk.ts';
import { makeGame, mib, type GameSpec } from '../../support/games.ts';
import { recordingLogger, type LogLine } from '../../support/network-lab.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';

const quake: GameSpec = { id: 'quake', loose: [{ path: 'quake.dat', sizeBytes: 9 * mib }] };
const doom: GameSpec = { id: 'doom', loose: [{ path: 'doom.dat', sizeBytes: mib }] };
/** Runs until the test says so, a minute at most. */
const script = '#!/bin/sh\nn=0\nwhile [ ! -e over.txt ] && [ $n -lt 600 ]; do sleep 0.1; n=$((n+1)); done\n';
const hover: GameSpec = { id: 'hover', loose: [{ path: 'play.sh', text: script, executable: true }] };
const launch = [{ label: 'Play', platform: 'any', command: 'play.sh', arguments: [] }];

interface Pc extends AsyncDisposable {
  readonly core: CoreHandle;
  readonly log: LogLine[];
  readonly address: string;
  /** The first event of this name that fits, from the beginning. */
  next<Name extends CoreEventName>(
    name: Name,
    fits?: (event: CoreEvent & { event: Name }) => boolean,
  ): Promise<CoreEvent & { event: Name }>;
  count(name: CoreEventName): number;
}

async function startPc(temp: TempDir, name: string, more: Partial<CoreOptions> = {}): Promise<Pc> {
  const log: LogLine[] = [];
  const core = await startCore({
    stateDir: temp.join(`${name}-state`),
    gamesDir: temp.join(name),
    name,
    listen: ['127.0.0.1'],
    discovery: false,
    catalogFiles: [temp.join('catalog.json')],
    logger: recordingLogger(log),
    ...more,
  });
  const events: CoreEvent[] = [];
  core.events((event) => events.push(event));
  return {
    core,
    log,
    address: (await core.commands.invoke('status', {})).addresses[0] ?? '',
    next: (wanted, fits = () => true) =>
      eventually(
        `${name} tells ${wanted}`,
        // The name is what `find` compares; it cannot tell the type so.
        () => events.find((event) => event.event === wanted && fits(event as never)) as never,
      ),
    count: (wanted) => events.filter(({ event }) => event === wanted).length,
    [Symbol.asyncDispose]: () => core.stop(),
  };
}

/** A lane that gives nothing before `open`. */
function gatedLane(): { wrap: (lane: Lane) => Lane; open: () => void; asked: () => boolean } {
  const gate = Promise.withResolvers<void>();
  let isAsked = false;
  const wrap = (lane: Lane): Lane => ({
    kind: lane.kind,
    async fetch(...request) {
      isAsked = true;
      await gate.promise;
      return await lane.fetch(...request);
    },
    [Symbol.asyncDispose]: () => lane[Symbol.asyncDispose](),
  });
  return { wrap, open: gate.resolve, asked: () => isAsked };
}

const title = 'a core whose database takes no write stays up, and everything ends as it should';
if (process.platform === 'win32') test.skip(title, () => {});
else
  test(title, async () => {
    await using temp = await tempDir('full-state-disk');
    const entries = [catalogEntry(quake), catalogEntry(doom), catalogEntry(hover, { launch })];
    await writeCatalog(temp.join('catalog.json'), entries);
    await makeGame(temp.join('anna'), quake);
    await mkdir(temp.join('bela'));
    await makeGame(temp.join('bela'), hover);
    const disk = new FullStateDisk();
    const lane = gatedLane();
    await using bela = await startPc(temp, 'bela', { decorate: { state: disk.wrap, lane: lane.wrap } });
    const { commands } = bela.core;
    await commands.invoke('install', { gameId: 'hover' });
    await bela.next('install-finished');
    await commands.invoke('play', { gameId: 'hover' });
    await bela.next('play-started');
    {
      await using anna = await startPc(temp, 'anna');
      await commands.invoke('connectPeer', { address: anna.address });
      await commands.invoke('download', { gameId: 'quake', install: true });
      await until('the download is under way', lane.asked);

      disk.isFull = true;
      lane.open();
      assert.is((await bela.next('download-failed')).code, 'DISK_FULL');
      await until('only the game is busy', async () => (await commands.invoke('status', {})).operations.length === 1);
    }
    await bela.next('peer-lost');
    await using anna = await startPc(temp, 'anna');
    await commands.invoke('connectPeer', { address: anna.address });
    await until('who comes is told of', () => bela.count('peer-connected') === 2);
    assert.ok(disk.refused.includes('peers.put'));

    await makeGame(temp.join('bela'), doom);
    await until('what is found cannot be told', () => disk.refused.includes('library.nextRevision'));
    await until('and hashes of its manifest cannot be kept', () => disk.refused.includes('blocks.putMany'));

    await writeFile(temp.join('bela/hover/local/over.txt'), '');
    await bela.next('play-ended');
    assert.ok(disk.refused.includes('playSessions.close'));
    assert.equal((await commands.invoke('status', {})).operations, []);

    disk.isFull = false;
    const isTold = ({ upserts }: { upserts: readonly { id: string; root?: string | undefined }[] }): boolean =>
      upserts.some(({ id, root }) => id === 'doom' && root !== undefined);
    await bela.next('local-library-changed', isTold);
    await until(
      'anna hears of it',
      async () => (await anna.core.commands.invoke('getGame', { gameId: 'doom' })).game.peerCount === 1,
    );
    await commands.invoke('download', { gameId: 'quake', install: true });
    await bela.next('download-finished');
    await until('it is installed', () => bela.count('install-finished') === 2);
    assert.equal(
      bela.log.filter(({ message }) => message === 'an unexpected error'),
      [],
    );
  });

test.run();
