/** What is right, for each kind of bytes that comes from outside. */
import { encodeManifest, blockSizeBytes } from '../../app/core/protocol/index.ts';
import { parseGameId, parsePath } from '../../app/core/base/index.ts';

const hash = 'ab'.repeat(32);
const id = parseGameId('quake');
const safe = (path: string) => parsePath(path, { atGameRoot: true });
const json = (value: unknown): Buffer => Buffer.from(JSON.stringify(value));

const games = [
  { id: 'quake', version: '20240817', sizeBytes: 5_000_000_000, availability: 'Ready', root: hash },
  { id: 'Half.Life-2', version: '1.0', sizeBytes: 0, availability: 'LocalOnly' },
  { id: 'doom', version: 'ü', sizeBytes: 1, availability: 'Partial', root: hash },
];

export const hello = json({
  protocol: 1,
  instance: 'a3f0',
  name: 'Bela’s PC',
  addresses: ['/ip4/10.0.0.7/udp/4001/quic-v1'],
  lane: { addresses: [{ host: '', port: 4002 }], fingerprint: hash },
  features: ['swarm'],
  library: { revision: 7, digest: hash, games },
});
export const delta = json({ from: 7, to: 8, upserts: games, removed: ['tetris'], digest: hash });
export const getGame = json({ id, version: '20240817', rootOnly: true });
export const getGameReply = json({ ok: true, root: hash, bytes: 1_234, executables: [0, 3, 7] });
export const refusal = json({ ok: false, code: 'MANIFEST_PENDING', message: 'hashing', percent: 12.5 });
export const getBlocks = json({ op: 'blocks', id, root: hash, file: 'quake.eti', from: 0, count: 32 });
export const streamInstall = json({ op: 'stream-install', id, version: '1', root: hash });
export const laneReply = json({ ok: true, bytes: 4_194_304 });
export const askHave = json({ id, root: hash });
export const have = json({ ok: true, bitmap: 'AAECAwQ=', added: [[0, 12]], fetching: [[12, 3]] });
export const streamMessages = [
  { kind: 'plan', entries: 3, totalBytes: 12_345 },
  { kind: 'entries', entries: [{ path: 'data/a.pak', size: 3, kind: 'file', executable: true }] },
  { kind: 'hashes', hashes: [hash] },
  { kind: 'failed', code: 'ARCHIVE_CORRUPT', message: 'no' },
].map(json);

export const manifest = encodeManifest({
  id,
  version: '20240817',
  sentinel: 'version = 20240817\n',
  blockSize: blockSizeBytes,
  directories: [safe('saves'), safe('mods/empty')],
  files: [
    { path: safe('data/zero.bin'), size: 0, blocks: [] },
    { path: safe('quake.eti'), size: blockSizeBytes + 1, blocks: [hash, hash] },
    { path: safe('read me.txt'), size: 12, blocks: [hash] },
  ],
});

export const paths = [
  'quake.eti',
  'data/level 1/map.bsp',
  'Ünïcode/日本語.txt',
  'local/save.sav',
  '.local.installing/x',
  'version.ini',
  'a/../b',
  'C:\\windows\\system32',
  'con.txt',
  'trailing. /x',
].map((path) => Buffer.from(path));

export const catalog = json({
  formatVersion: 1,
  name: 'LAN 2024',
  issued: '2024-08-17T10:00:00Z',
  games: [
    {
      id: 'quake',
      title: 'Quake',
      version: '20240817',
      sizeBytes: 5_000_000,
      year: 1996,
      genres: ['Shooter'],
      description: 'Fast.',
      keep: ['cfg/**', '*.cfg'],
      manifestRoot: hash,
      launch: [{ label: 'Play', command: 'quake.exe', args: ['-w', '{name}'], platform: 'win32' }],
    },
    { id: 'doom', title: 'Doom', version: '1' },
  ],
  revoked: ['malware'],
});

export const sentinels = ['version = 20240817\n', '20240817', '[game]\r\nVersion=1.2.3\r\n', '\n\n  1\n'].map((text) =>
  Buffer.from(text),
);

export const commandLines = [
  { id: 1, command: 'listGames' },
  { id: 2, command: 'getGame', params: { gameId: 'quake' } },
  { id: 'x', command: 'download', params: { gameId: 'quake', install: false } },
  { id: 3, command: 'moveInQueue', params: { gameId: 'quake', to: 3 } },
  { id: 4, command: 'settings.get' },
  { id: 5, command: 'settings.set', params: { name: 'playerName', value: 'Bela' } },
  { id: 6, command: 'connectPeer', params: { address: '/ip4/127.0.0.1/tcp/9' } },
  { id: 7, command: 'status' },
].map(json);
