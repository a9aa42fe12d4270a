import { chmod, mkdir, readdir, rename, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as assert from 'uvu/assert';
import { test } from 'uvu';
import {
  blake3Hex,
  LanspreadError,
  nodeFileSystem,
  parseGameId,
  type FileSystem,
} from '../../../app/core/base/index.ts';
import { installedRootOf, openPayloadContent, type StreamedInstallListener } from '../../../app/core/install/index.ts';
import { smallGame } from '../../support/games.ts';
import { installLab, isThere, type InstallLab } from '../../support/install-lab.ts';
import { assertSameTree, hasExecutableBit, readTree } from '../../support/trees.ts';
import { pouringOf, wholeOf } from '../../support/pouring.ts';
import type { ContentSender, IncomingContent } from '../../../app/core/content/index.ts';

const gameId = parseGameId('quake');
const never = new AbortController().signal;

type Entry = IncomingContent['entries'][number];
interface Given {
  readonly entries: readonly Entry[];
  readonly bytes?: Buffer;
  readonly hashes?: readonly string[];
  /** At the end of its bytes. */
  readonly fails?: LanspreadError;
}

interface FakeSender extends ContentSender {
  opened: number;
  disposed: number;
}

function senderOf(peerId: string, give: () => Given): FakeSender {
  const sender: FakeSender = {
    peerId,
    opened: 0,
    disposed: 0,
    async open({ signal }) {
      sender.opened += 1;
      const { entries, bytes = Buffer.alloc(0), hashes = [], fails } = give();
      return {
        entries,
        totalBytes: bytes.length,
        hashes,
        pour: pouringOf(
          async function* () {
            for (let at = 0; at < bytes.length; at += 7) yield bytes.subarray(at, at + 7);
            if (fails) throw fails;
          },
          { signal },
        ),
        async [Symbol.asyncDispose]() {
          sender.disposed += 1;
        },
      };
    },
  };
  return sender;
}

const files = {
  'game.sh': Buffer.from('#!/bin/sh\n'),
  'data/one.bin': Buffer.alloc(1_000, 7),
  'zero.bin': Buffer.alloc(0),
};

function sound(peerId: string, more: Partial<Given> = {}): FakeSender {
  const entries: Entry[] = [
    { path: 'saves', size: 0, kind: 'directory' },
    ...Object.entries(files).map(
      ([path, bytes]): Entry => ({ path, size: bytes.length, kind: 'file', executable: path.endsWith('.sh') }),
    ),
  ];
  const contents = Object.values(files);
  return senderOf(peerId, () => ({
    entries,
    bytes: Buffer.concat(contents),
    hashes: contents.map((bytes) => blake3Hex(bytes)),
    ...more,
  }));
}

interface Told {
  readonly listener: StreamedInstallListener;
  readonly begun: string[];
  readonly failed: string[];
}

function told(): Told {
  const begun: string[] = [];
  const failed: string[] = [];
  const listener: StreamedInstallListener = {
    onBegin: ({ peerId }) => void begun.push(peerId),
    onProgress: () => {},
    onSenderFailed: ({ peerId, code }) => void failed.push(`${peerId} ${code}`),
  };
  return { listener, begun, failed };
}

function stream(
  lab: InstallLab,
  senders: readonly ContentSender[],
  more: { signal?: AbortSignal; installedRoot?: string; listener?: StreamedInstallListener } = {},
) {
  const { signal = never, listener = told().listener, ...rest } = more;
  const root = join(lab.gamesDir, gameId);
  const request = { gameId, version: '1.0', root, senders, payloadBytes: 10_000, ...rest };
  return lab.installer.streamedInstall(request, listener, { signal });
}

async function refused(work: Promise<unknown>): Promise<LanspreadError> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (error instanceof LanspreadError) return error;
  throw error ?? new Error('it succeeded');
}

async function withLab(story: (lab: InstallLab) => Promise<void>, fileSystem?: FileSystem): Promise<void> {
  await using lab = await installLab(fileSystem ? { fileSystem } : {});
  await mkdir(lab.gamesDir, { recursive: true });
  await story(lab);
}

function assertNothingLeft(lab: InstallLab): void {
  const root = join(lab.gamesDir, gameId);
  assert.not.ok(isThere(root), 'the folder that it made is gone');
  assert.is(lab.state.intents.get(root), undefined);
  assert.equal(lab.state.inventory.get(join(root, '.local.installing')), []);
}

test('a streamed install makes the tree that the sender told of, and records it', () =>
  withLab(async (lab) => {
    const result = await stream(lab, [sound('anna')]);
    const root = join(lab.gamesDir, gameId);
    assert.equal([result.peerId, result.trust], ['anna', 'sender']);
    const tree = await readTree(root);
    assert.equal(
      tree.map(({ path, executable }) => (executable ? `${path}*` : path)),
      [
        'local',
        'local/data',
        'local/data/one.bin',
        `local/game.sh${hasExecutableBit ? '*' : ''}`,
        'local/saves',
        'local/zero.bin',
      ],
    );
    assert.equal(
      lab.state.inventory.get(root).map(({ path }) => path),
      ['data/one.bin', 'game.sh', 'zero.bin'],
    );
    assert.is(result.installedRoot, installedRootOf(lab.state.inventory.get(root)));
    assert.is(lab.state.intents.get(root), undefined);
    assert.is(lab.state.library.get(root)?.installedVersion, '1.0');
  }));

test('a real payload that is opened here and received there makes the same tree as an install', () =>
  withLab(async (lab) => {
    const made = await lab.game(smallGame('giver'));
    const content = await openPayloadContent(lab.context, made.root, { signal: never });
    const hashes = made.installed.filter(({ kind }) => kind === 'file');
    const sender: ContentSender = {
      peerId: 'anna',
      open: async () => ({
        entries: content.entries,
        totalBytes: content.totalBytes,
        hashes: content.entries.flatMap(({ path, kind }) =>
          kind === 'file' ? [hashes.find((file) => file.path === path)?.hash ?? ''] : [],
        ),
        pour: pouringOf(() => wholeOf(content, never)),
        async [Symbol.asyncDispose]() {},
      }),
    };
    await stream(lab, [sender]);
    assertSameTree(await readTree(join(lab.gamesDir, gameId, 'local')), made.installed);
  }));

const lies: readonly (readonly [string, Partial<Given>, string])[] = [
  ['a wrong hash', { hashes: ['0'.repeat(64), blake3Hex(files['data/one.bin']), blake3Hex('')] }, 'ARCHIVE_CORRUPT'],
  ['a path outside', { entries: [{ path: '../out.txt', size: 0, kind: 'file' }] }, 'ARCHIVE_HOSTILE'],
  ['an absolute path', { entries: [{ path: '/etc/passwd', size: 0, kind: 'file' }] }, 'ARCHIVE_HOSTILE'],
  ['a backslash', { entries: [{ path: 'a\\..\\b', size: 0, kind: 'file' }] }, 'ARCHIVE_HOSTILE'],
  ['our own marker', { entries: [{ path: '.lanspread_owned', size: 0, kind: 'file' }] }, 'ARCHIVE_UNSUITABLE'],
  [
    'names that meet',
    { entries: ['Save.dat', 'SAVE.DAT'].map((path) => ({ path, size: 0, kind: 'file' as const })) },
    'BAD_MESSAGE',
  ],
  ['a file twice', { entries: ['a', 'a'].map((path) => ({ path, size: 0, kind: 'file' as const })) }, 'BAD_MESSAGE'],
  [
    'a file where a folder is',
    { entries: ['data', 'data/x'].map((path) => ({ path, size: 0, kind: 'file' as const })) },
    'ARCHIVE_UNSUITABLE',
  ],
  ['a bomb', { entries: [{ path: 'zeros', size: 2 * 1024 ** 3, kind: 'file' }] }, 'ARCHIVE_HOSTILE'],
  ['a bad verdict', { fails: new LanspreadError('ARCHIVE_CORRUPT') }, 'ARCHIVE_CORRUPT'],
  ['a lost connection', { fails: new LanspreadError('PEER_GONE') }, 'PEER_GONE'],
];

for (const [what, lie, code] of lies) {
  test(`after ${what} nothing is left, and the next sender is used`, () =>
    withLab(async (lab) => {
      const [liar, honest] = [sound('mallory', lie), sound('anna')];
      const alone = await refused(stream(lab, [liar]));
      assert.equal([alone.code, alone.details['peerId']], [code, 'mallory']);
      assertNothingLeft(lab);
      assert.equal([liar.opened, liar.disposed], [1, 1]);
      const { listener, failed } = told();
      assert.is((await stream(lab, [liar, honest], { listener })).peerId, 'anna');
      assert.equal(failed, [`mallory ${code}`]);
      assert.equal(await readdir(join(lab.gamesDir, gameId)), ['local']);
      assert.equal((await readdir(lab.gamesDir)).length, 1);
    }));
}

test('the catalog’s pin decides, whatever the sender says of itself', () =>
  withLab(async (lab) => {
    const wrong = await refused(stream(lab, [sound('anna')], { installedRoot: 'ab'.repeat(32) }));
    assert.is(wrong.code, 'ARCHIVE_CORRUPT');
    assertNothingLeft(lab);
    const inventory = Object.entries(files).map(([path, bytes]) => ({
      path,
      sizeBytes: bytes.length,
      blake3: blake3Hex(bytes),
    }));
    // The test's own paths are safe ones.
    const installedRoot = installedRootOf(inventory as unknown as Parameters<typeof installedRootOf>[0]);
    assert.is((await stream(lab, [sound('anna')], { installedRoot })).trust, 'pinned');
  }));

test('a sender that is busy is asked again, and is no failure', () =>
  withLab(async (lab) => {
    let asked = 0;
    const busy = sound('anna');
    const sender: ContentSender = {
      peerId: 'anna',
      open: async (options) => {
        asked += 1;
        if (asked === 1) throw new LanspreadError('TOO_MANY_REQUESTS');
        return await busy.open(options);
      },
    };
    const { listener, failed } = told();
    await stream(lab, [sender], { listener });
    assert.equal([asked, failed], [2, []]);
  }));

test('a cancel leaves nothing behind and asks nobody else', () =>
  withLab(async (lab) => {
    const cancel = new AbortController();
    const first = sound('anna', { fails: new LanspreadError('PEER_GONE') });
    const second = sound('bela');
    const { listener } = told();
    const onProgress: StreamedInstallListener['onProgress'] = ({ bytes }) => {
      if (bytes > 100) cancel.abort(new LanspreadError('CANCELLED'));
    };
    const error = await refused(
      stream(lab, [first, second], { signal: cancel.signal, listener: { ...listener, onProgress } }),
    );
    assert.equal([error.code, first.disposed, second.opened], ['CANCELLED', 1, 0]);
    assertNothingLeft(lab);
  }));

test('a full disk here is nobody else’s fault: it fails at once and leaves nothing', () => {
  const fileSystem: FileSystem = {
    ...nodeFileSystem,
    async open(path, mode) {
      if (path.endsWith('one.bin')) throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      return await nodeFileSystem.open(path, mode);
    },
  };
  return withLab(async (lab) => {
    const second = sound('bela');
    assert.is((await refused(stream(lab, [sound('anna'), second]))).code, 'DISK_FULL');
    assert.is(second.opened, 0);
    assertNothingLeft(lab);
  }, fileSystem);
});

test('what was begun when the games folder went is undone once it is back', () =>
  withLab(async (lab) => {
    const away = `${lab.gamesDir} away`;
    let isPulled = false;
    const sender = senderOf('anna', () => ({
      entries: [{ path: 'a.bin', size: 7, kind: 'file' }],
      bytes: Buffer.alloc(7),
    }));
    const pulling: ContentSender = {
      ...sender,
      async open(options) {
        const content = await sender.open(options);
        return {
          ...content,
          async pour(target, listener) {
            await rename(lab.gamesDir, away);
            isPulled = true;
            return await content.pour(target, listener);
          },
        };
      },
    };
    const failed = await stream(lab, [pulling]).then(
      () => false,
      () => true,
    );
    assert.ok(failed && isPulled);
    assert.not(isThere(lab.gamesDir), 'nothing was made in its place');
    await rename(away, lab.gamesDir);
    await lab.recover();
    assert.equal(await readdir(lab.gamesDir), []);
    assert.equal(lab.state.intents.all(), []);
  }));

test('a size that does not fit on the disk is refused before a byte is written, the others are asked', () => {
  const fileSystem: FileSystem = { ...nodeFileSystem, space: async () => ({ freeBytes: 1_010, totalBytes: 5_000 }) };
  return withLab(async (lab) => {
    const { listener, begun, failed } = told();
    const error = await refused(stream(lab, [sound('anna'), sound('bela')], { listener }));
    assert.equal([error.code, error.details['freeBytes']], ['DISK_FULL', 1_010]);
    assert.equal([begun, failed], [[], ['anna DISK_FULL', 'bela DISK_FULL']]);
    assertNothingLeft(lab);
  }, fileSystem);
});

test('what is in the root stays: a folder of another version is not taken for ours', () =>
  withLab(async (lab) => {
    const root = join(lab.gamesDir, gameId);
    await mkdir(root);
    await writeFile(join(root, 'mine.txt'), 'mine');
    await refused(stream(lab, [sound('anna', { fails: new LanspreadError('PEER_GONE') })]));
    assert.equal(await readdir(root), ['mine.txt']);
    await stream(lab, [sound('anna')]);
    assert.equal((await readdir(root)).toSorted(), ['local', 'mine.txt']);
    assert.is((await refused(stream(lab, [sound('anna')]))).code, 'INSTALLED');
  }));

test('a root that is a link is refused', () =>
  withLab(async (lab) => {
    const root = join(lab.gamesDir, gameId);
    await mkdir(join(lab.directory, 'elsewhere'));
    await symlink(join(lab.directory, 'elsewhere'), root, 'junction');
    assert.is((await refused(stream(lab, [sound('anna')]))).code, 'UNSAFE_ROOT');
    assert.equal(await readdir(join(lab.directory, 'elsewhere')), []);
  }));

test('a staging folder that is not ours is refused', () =>
  withLab(async (lab) => {
    const other = join(lab.gamesDir, 'other');
    await mkdir(join(other, '.local.installing'), { recursive: true });
    await chmod(other, 0o755);
    const request = {
      gameId: parseGameId('other'),
      version: '1',
      root: other,
      senders: [sound('anna')],
      payloadBytes: 9,
    };
    const { code } = await refused(lab.installer.streamedInstall(request, told().listener, { signal: never }));
    assert.is(code, 'UNSAFE_ROOT');
    assert.ok(isThere(join(other, '.local.installing')));
  }));

test.run();
