import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { judgePicture, pictureLimits } from '../../../app/core/catalog/picture.ts';
import { SeededRandom } from '../../support/random.ts';
import { processorMs } from '../../support/processor-time.ts';
import { avif, jpg, pictures, png, webp } from './pictures.ts';

const reasonOf = (bytes: Buffer): string => {
  const verdict = judgePicture(bytes);
  return 'reason' in verdict ? verdict.reason : `taken as ${verdict.kind}`;
};

test('every kind of picture is known by its bytes', () => {
  for (const [kind, bytes] of Object.entries(pictures)) assert.equal(judgePicture(bytes), { kind });
});

test('the sample covers are pictures', () => {
  const folder = new URL('../../../fixtures/catalog/covers/', import.meta.url);
  const names = readdirSync(folder);
  assert.ok(names.length > 0);
  for (const name of names) assert.equal(judgePicture(readFileSync(new URL(name, folder))), { kind: 'svg' }, name);
});

test('a lossless and a lossy WebP tell their measures, too', () => {
  const lossless = Buffer.alloc(30);
  lossless.write('RIFF\0\0\0\0WEBPVP8L', 'latin1');
  lossless.writeUInt32LE((4_999 & 0x3fff) | (3 << 14), 21);
  assert.match(reasonOf(lossless), '5000 × 4 pixels');
  const lossy = Buffer.alloc(30);
  lossy.write('RIFF\0\0\0\0WEBPVP8 ', 'latin1');
  lossy.writeUInt16LE(8, 26);
  lossy.writeUInt16LE(5_001, 28);
  assert.match(reasonOf(lossy), '8 × 5001 pixels');
});

for (const [kind, make] of Object.entries({ png, jpg, webp, avif })) {
  test(`a ${kind} may be ${pictureLimits.side} pixels wide and high, and no more`, () => {
    const { side } = pictureLimits;
    assert.equal(judgePicture(make({ width: side, height: side })), { kind });
    assert.match(reasonOf(make({ width: side + 1 })), 'pixels');
    assert.match(reasonOf(make({ height: side + 1 })), 'pixels');
  });
  test(`a ${kind} that is cut off anywhere in its header is none`, () => {
    const bytes = make();
    for (let length = 0; length < bytes.length - 20; length += 1)
      assert.match(reasonOf(bytes.subarray(0, length)), /damaged|not a picture/, `${length} bytes`);
  });
}

test('a picture without pixels is damaged', () => {
  for (const bytes of [png({ width: 0 }), jpg({ height: 0 }), avif({ width: 0 })])
    assert.match(reasonOf(bytes), 'damaged');
});

test('a JPEG of endless segments, or of one without a length, comes to an end', () => {
  const start = Buffer.from('ffd8', 'hex');
  assert.match(reasonOf(Buffer.concat([start, Buffer.alloc(100_000, 0xff)])), 'damaged');
  assert.match(reasonOf(Buffer.concat([start, Buffer.from('ffe00000'.repeat(50), 'hex')])), 'damaged');
});

test('bytes at random are no picture and never throw', () => {
  const random = new SeededRandom(7);
  const heads = [...Object.values(pictures).map((bytes) => bytes.subarray(0, 16)), Buffer.alloc(0)];
  for (let round = 0; round < 5_000; round += 1) {
    const noise = Buffer.from(Array.from({ length: random.below(80) }, () => random.below(256)));
    judgePicture(Buffer.concat([heads[round % heads.length] ?? Buffer.alloc(0), noise]));
  }
});

const hostile = [
  '<svg><script>alert(1)</script></svg>',
  '<svg><SCRIPT/></svg>',
  '<svg onload="alert(1)"/>',
  '<svg onload = "alert(1)"/>',
  "<svg OnLoad='alert(1)'/>",
  '<svg onload=alert(1)/>',
  '<svg/onload=alert(1)>',
  '<svg><a href="javascript:alert(1)"><text>x</text></a></svg>',
  '<svg><use href="https://example.org/x.svg#a"/></svg>',
  '<svg><use xlink:href="//example.org/x.svg#a"/></svg>',
  '<svg><use href="data:image/svg+xml;base64,AAAA"/></svg>',
  '<svg><image href="https://example.org/x.png"/></svg>',
  '<svg><style>@import url(https://example.org)</style></svg>',
  '<svg><rect style="fill:url(https://example.org/x)"/></svg>',
  '<svg><rect fill="url( https://example.org/x )"/></svg>',
  '<svg><rect style="fill:u\\72l(x)"/></svg>',
  '<svg><foreignObject><body xmlns="http://www.w3.org/1999/xhtml"/></foreignObject></svg>',
  '<svg><iframe src="x"/></svg>',
  '<svg><animate attributeName="href" to="javascript:alert(1)"/></svg>',
  '<svg><set attributeName="onload" to="alert(1)"/></svg>',
  '<svg><handler>x</handler></svg>',
  '<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "b">]><svg>&a;</svg>',
  '<!DOCTYPE svg SYSTEM "http://example.org/x.dtd"><svg/>',
  '<?xml-stylesheet href="http://example.org/x.css"?><svg/>',
  '<svg><use href="&#x6a;avascript:alert(1)"/></svg>',
  '<svg>&#60;script&#62;</svg>',
  '<svg><![CDATA[<script>]]></svg>',
  '<svg><g></svg',
  '<svg><!-- -- ><script>alert(1)</script> --></svg>',
  '<html><body>',
  `<svg>${'<g>'.repeat(30_000)}`,
];
for (const text of hostile) {
  test(`no cover: ${text.slice(0, 60)}`, () => {
    assert.not.match(reasonOf(Buffer.from(text)), 'taken');
  });
}

test('gradients, clips and parts of itself are no links to elsewhere', () => {
  const text =
    '\uFEFF<?xml version="1.0" encoding="UTF-8"?>\n<!-- made by hand -->\n<svg xmlns="http://www.w3.org/2000/svg" ' +
    'xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 1 1"><defs><linearGradient id="a"/></defs>' +
    `<rect fill="url(#a)" style='fill: url("#a")'/><use xlink:href="#a"/><text>R&amp;D &lt;3</text></svg>\n`;
  assert.equal(judgePicture(Buffer.from(text)), { kind: 'svg' });
});

test('a vector picture of two megabytes is judged in no time', () => {
  const costMs = processorMs(() => {
    for (const part of ['<g a="b">', '<!--', '<g ', ' a="', '&amp;', '<', 'x'])
      judgePicture(Buffer.from(`<svg>${part.repeat(2_000_000 / part.length)}`));
  });
  assert.ok(costMs < 3_000, `${costMs} ms`);
});

test.run();
