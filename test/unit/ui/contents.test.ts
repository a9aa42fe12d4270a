import { test } from 'uvu';
import * as assert from 'uvu/assert';
import type { ContentChoice } from '../../../app/core/rpc/index.ts';
import { contentRows, getterOf } from '../../../app/ui/game/contents.ts';
import { gameView } from './game-view.ts';

/** Held by peers of these names. */
function content(names: readonly string[], differs: Partial<ContentChoice> = {}): ContentChoice {
  const manifestHash = names.join('').padEnd(64, '0');
  return {
    manifestHash,
    version: '1',
    peers: names.map((name, at) => `peer-of-${name}-${manifestHash.slice(0, 3)}${at}`),
    names,
    peerCount: names.length,
    pcCount: names.length,
    fileCount: 12,
    sizeBytes: 4_200_000_000,
    differingFiles: ['data/maps.bin'],
    differingCount: 1,
    ...differs,
  };
}

/** Without the marks that keep each name's direction to itself. */
const plain = (text: string | undefined): string | undefined =>
  text?.replaceAll(/[\u2068\u2069]/g, '').replaceAll(/[\u00a0\u202f]/g, ' ');
const many = ['Anna', 'Bela', 'Cora', 'Dora', 'Emil', 'Finn'];

test('each content is a row: who has it, on how many PCs, how large, and what differs', () => {
  const choices = [content(['Anna', 'Cora']), content(['Bela'], { fileCount: 1, sizeBytes: 1_000_000 })];
  const told = (language: 'en' | 'de'): unknown =>
    contentRows(choices, language).map(({ manifestHash, ...texts }) => [
      choices.findIndex((choice) => choice.manifestHash === manifestHash),
      ...Object.values(texts).map(plain),
    ]);
  assert.equal(told('en'), [
    [0, 'Anna and Cora', '2 PCs · 12 files · 4.2 GB', 'data/maps.bin'],
    [1, 'Bela', '1 PC · 1 file · 1 MB', 'data/maps.bin'],
  ]);
  assert.equal(told('de'), [
    [0, 'Anna und Cora', '2 PCs · 12 Dateien · 4,2 GB', 'data/maps.bin'],
    [1, 'Bela', '1 PC · 1 Datei · 1 MB', 'data/maps.bin'],
  ]);
});

test('many people and many files are counted, those that were not sent among them', () => {
  const files = Array.from({ length: 8 }, (_none, at) => `maps/${at}.bin`);
  const [row] = contentRows([content(many, { peerCount: 40, differingFiles: files, differingCount: 900 })], 'en');
  assert.is(plain(row?.who), 'Anna, Bela, Cora, and 37 more');
  assert.is(plain(row?.files), 'maps/0.bin, maps/1.bin, maps/2.bin, and 897 more');
  const [german] = contentRows([content(many)], 'de');
  assert.is(plain(german?.who), 'Anna, Bela, Cora und 3 weitere');
  const [four] = contentRows([content(many.slice(0, 4))], 'en');
  assert.is(plain(four?.who), 'Anna, Bela, Cora, and Dora');
});

test('what is not known is not told', () => {
  const [row] = contentRows([content(['Anna'], { sizeBytes: 0, differingFiles: [], differingCount: 0 })], 'en');
  assert.is(row?.facts, '1 PC · 12 files');
  assert.is(row?.files, undefined);
});

test('people of one name are told apart, and one without a name is told by the id', () => {
  const choices = [
    content(['Player'], { peers: ['12D3KooWaaaa11'] }),
    content(['Player', ''], { peers: ['12D3KooWbbbb22', '12D3KooWcccc33'] }),
    content(['12D3KooWdddd44'], { peers: ['12D3KooWdddd44'] }),
  ];
  assert.equal(
    contentRows(choices, 'en').map(({ who }) => plain(who)),
    ['Player (aaaa11)', 'Player (bbbb22) and cccc33', 'dddd44'],
  );
});

test('a name that is written from right to left does not turn what stands around it', () => {
  const [row] = contentRows([content(['אנה', 'Bela'], { differingFiles: ['خريطة.bin'] })], 'en');
  assert.is(row?.who, '\u2068אנה\u2069 and \u2068Bela\u2069');
  assert.is(row?.files, '\u2068خريطة.bin\u2069');
});

test('what is chosen is got by the command that failed', () => {
  const failed = (operation: 'CheckingPeers' | 'Streaming', more: { install?: boolean; installed?: boolean } = {}) => {
    const { installed = false, ...failure } = more;
    return getterOf(gameView({ installed, lastFailure: { code: 'MANIFEST_TIE', message: '', operation, ...failure } }));
  };
  assert.equal(failed('CheckingPeers', { install: true }), { command: 'download', install: true });
  assert.equal(failed('CheckingPeers', { install: false }), { command: 'download', install: false });
  assert.equal(failed('CheckingPeers', { install: true, installed: true }), { command: 'update' });
  assert.equal(failed('CheckingPeers', { install: false, installed: true }), { command: 'download', install: false });
  assert.equal(failed('Streaming'), { command: 'streamInstall' });
});

test.run();
