import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { parseSentinel } from '../../../app/core/game-folder/sentinel.ts';

const cases: [name: string, text: string | Uint8Array, version: string | undefined][] = [
  ['a version line', 'version = 20240817', '20240817'],
  ['no spaces around the sign', 'version=1.0', '1.0'],
  ['any case of the key', 'VeRsIoN = 1.0', '1.0'],
  ['spaces and tabs on every side', ' \t version\t=\t 1.0 beta \t\n', '1.0 beta'],
  ['a value that holds the sign', 'version = a=b', 'a=b'],
  ['Windows line ends', 'name = x\r\nversion = 2\r\n', '2'],
  ['old Macintosh line ends', 'name = x\rversion = 2\r', '2'],
  ['a section around it', '[game]\nversion = 3', '3'],
  ['a version line after other lines', '20230101\nversion = 4', '4'],
  ['the first of two version lines', 'version = 5\nversion = 6', '5'],
  ['an empty version line before a full one', 'version =\nversion = 7', '7'],
  ['only an empty version line', 'version =  \n', undefined],
  ['an empty version line and another', 'version =\n20240817', '20240817'],
  ['a bare first line', '20240817', '20240817'],
  ['blank lines before the bare one', '\n \r\n\t\n 20240817 \nrest', '20240817'],
  ['a key that only begins so', 'versions = 9', 'versions = 9'],
  ['a byte order mark', '\uFEFFversion = 8', '8'],
  ['other scripts', 'version = Ausgabe ü 中', 'Ausgabe ü 中'],
  ['nothing', '', undefined],
  ['white space only', ' \r\n\t ', undefined],
  ['zeros, as a power loss leaves them', new Uint8Array(64), undefined],
  ['a control character', 'version = 1\u0007', undefined],
  ['bytes that are not UTF-8', new Uint8Array([0x76, 0xff, 0xfe]), undefined],
  ['UTF-16, as Notepad writes it', Buffer.from('\ufeffversion = 2.1\r\n', 'utf16le'), '2.1'],
  ['UTF-16, the other way round', Buffer.from('\ufeffversion = 2.1\r\n', 'utf16le').swap16(), '2.1'],
  ['Latin-1 beside a plain version', Buffer.from('; für Jörg\r\nversion = 2.1\r\n', 'latin1'), '2.1'],
  ['a version in Latin-1', Buffer.from('version = zwölf', 'latin1'), undefined],
  ['a version in quotes', 'version = "2.1"\r\n', '2.1'],
  ['a version in single quotes', "version='2.1'", '2.1'],
  ['a first line in quotes', '"20240817"', '20240817'],
  ['an empty version in quotes', 'version = ""\n2.1', '2.1'],
  ['exactly as long as allowed', 'x'.repeat(4096), 'x'.repeat(4096)],
  ['one byte too long', 'x'.repeat(4097), undefined],
];

for (const [name, text, version] of cases) {
  test(`sentinel: ${name}`, () => {
    const bytes = typeof text === 'string' ? Buffer.from(text) : text;
    assert.is(parseSentinel(bytes)?.version, version);
  });
}

test('the text is kept as it is, but for the mark', () => {
  assert.is(parseSentinel(Buffer.from('\uFEFF version = 1 \r\n'))?.text, ' version = 1 \r\n');
});

test.run();
