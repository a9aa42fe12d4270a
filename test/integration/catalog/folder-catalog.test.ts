/** The built-in extension in its own process, behind a whole core: a stick is plugged in, read, pulled, and comes back. */
import { mkdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeCatalog } from '../../support/catalogs.ts';
import { eventually, until as untilLimited } from '../../support/eventually.ts';
import { PeerProcess } from '../../support/peer.ts';
import { tempDir, type TempDir } from '../../support/temp.ts';
import { png } from '../../unit/catalog/pictures.ts';

/** A process is started, folders are looked at, all on a PC that may be busy. */
const limitMs = 40_000;
const until = (what: string, holds: () => Promise<boolean>): Promise<void> => untilLimited(what, holds, { limitMs });

const sourceId = 'lanspread.folder-catalog/folder';

interface Rig {
  temp: TempDir;
  peer: PeerProcess;
  put: (path: string, content: string | Buffer) => Promise<void>;
}

interface Game {
  id: string;
  title: string;
  version: string;
  hasCover: boolean;
}

const test = suite<Rig>('folder-catalog');

test.before.each(async (rig) => {
  rig.temp = await tempDir('folder-catalog');
  const { temp } = rig;
  await mkdir(temp.join('games'));
  await writeCatalog(temp.join('catalog.json'), []);
  rig.put = async (path, content) => {
    await mkdir(dirname(temp.join(path)), { recursive: true });
    await writeFile(temp.join(path), content);
  };
  rig.peer = await PeerProcess.start({
    name: 'seat',
    gamesDir: temp.join('games'),
    stateDir: temp.join('state'),
    catalog: temp.join('catalog.json'),
  });
});

test.after.each(async ({ peer, temp }) => {
  await peer[Symbol.asyncDispose]();
  await temp[Symbol.asyncDispose]();
});

// The harness answers with plain JSON, whose shapes are those of the contract.
async function gamesOf(peer: PeerProcess): Promise<Game[]> {
  return ((await peer.command('listGames')) as unknown as { games: Game[] }).games;
}

interface Listed {
  sources: { id: string; name: string; gameCount: number }[];
  live: { phase: string; folders: string[]; warnings: string[]; error?: { message: string } }[];
}

async function catalogs(peer: PeerProcess): Promise<Listed> {
  return (await peer.command('catalog.list')) as unknown as Listed;
}

async function phaseOf(peer: PeerProcess): Promise<string | undefined> {
  return (await catalogs(peer)).live[0]?.phase;
}

const idsOf = async (peer: PeerProcess): Promise<string> => (await gamesOf(peer)).map(({ id }) => id).join();

test('a stick is read when it is plugged in, stays listed when it is pulled, and is read again when it comes back', async ({
  peer,
  temp,
  put,
}) => {
  await peer.command('catalog.configure', { sourceId, configuration: { folders: [temp.join('media/*')] } });
  await until('it waits for a stick', async () => (await phaseOf(peer)) === 'away');
  await put('media/friday/quake.yaml', 'title: Quake\nversion: "1.0"\ngenres: [Shooter]\n');
  await put('media/friday/covers/quake.png', png());
  const [quake] = await eventually(
    'the game is listed',
    async () => {
      const games = await gamesOf(peer);
      return games.length === 1 ? games : undefined;
    },
    { limitMs },
  );
  assert.equal([quake?.id, quake?.title, quake?.version, quake?.hasCover], ['quake', 'Quake', '1.0', true]);

  await rm(temp.join('media/friday'), { recursive: true });
  await until('the stick is gone', async () => (await phaseOf(peer)) === 'away');
  assert.is(await idsOf(peer), 'quake');

  await put('media/friday/quake.yaml', 'title: Quake\nversion: "1.1"\n');
  await until('the new version is listed', async () => (await gamesOf(peer))[0]?.version === '1.1');

  const [source] = (await catalogs(peer)).sources.filter(({ name }) => name === 'friday (Folder of games)');
  await peer.command('catalog.remove', { id: source?.id ?? '' });
  assert.is(await idsOf(peer), '');
  await peer.command('catalog.refresh', { sourceId });
  assert.is(await idsOf(peer), 'quake', 'who asks for it gets it back');
});

test('a broken list keeps the former one, and is read as soon as it is mended', async ({ peer, temp, put }) => {
  const list = (...ids: string[]): string =>
    JSON.stringify({ formatVersion: 1, games: ids.map((id) => ({ id, title: id, version: '1' })) });
  await put('stick/catalog.json', list('a', 'b'));
  await peer.command('catalog.configure', { sourceId, configuration: { folders: [temp.join('stick')] } });
  await until('both are listed', async () => (await idsOf(peer)) === 'a,b');
  await put('stick/catalog.json', list('a').slice(0, -5));
  await until('the failure is told', async () => (await phaseOf(peer)) === 'failed');
  assert.match((await catalogs(peer)).live[0]?.error?.message ?? '', 'catalog.json');
  assert.is(await idsOf(peer), 'a,b');
  await put('stick/catalog.json', list('a', 'c'));
  await until('the mended one is listed', async () => (await idsOf(peer)) === 'a,c');
  assert.is(await phaseOf(peer), 'current');
});

test('hostile files on a stick list nothing of elsewhere, and the rest is there', async ({ peer, temp, put }) => {
  if (process.platform === 'win32') return;
  const secret = JSON.stringify({ title: 'Secret', version: '1' });
  await put('elsewhere/secret.json', secret);
  await put('elsewhere/secret.png', png());
  await put('stick/good.json', JSON.stringify({ title: 'Good', version: '1', cover: '../elsewhere/secret.png' }));
  await put('stick/con.json', JSON.stringify({ title: 'Con', version: '1' }));
  await put(
    'stick/proto.json',
    '{"title":"P","version":"1","__proto__":{"x":1},"launch":[{"label":"x","command":"../x"}]}',
  );
  await put('stick/deep.json', `{"title":"D","version":"1","x":${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
  await put('stick/bomb.yaml', `a: ${'['.repeat(300_000)}`);
  await put('stick/huge.png.json', Buffer.alloc(20 * 1024 * 1024, 0x20));
  await put('stick/covers/big.png', png({ width: 65_000, height: 65_000 }));
  await put('stick/big.json', JSON.stringify({ title: 'Big', version: '1' }));
  await symlink(temp.join('elsewhere/secret.json'), temp.join('stick/linked.json'));
  await symlink(temp.join('elsewhere'), temp.join('stick/games'));
  await peer.command('catalog.configure', { sourceId, configuration: { folders: [temp.join('stick')] } });
  await until('it is read', async () => (await phaseOf(peer)) === 'current');
  const games = await gamesOf(peer);
  assert.equal(
    games.map(({ id, hasCover }) => [id, hasCover]),
    [
      ['big', false],
      ['good', false],
    ],
  );
  const { warnings } = (await catalogs(peer)).live[0] ?? { warnings: [] };
  for (const named of ['con', 'proto', 'deep', 'bomb', 'huge', 'big', 'good'])
    assert.match(warnings.join('\n'), named, `${named}: ${warnings.join(' ')}`);
  assert.is(await readFile(temp.join('elsewhere/secret.json'), 'utf8'), secret);
});

test.run();
