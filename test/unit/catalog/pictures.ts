/** The smallest headers of pictures of each kind, of 3 × 4 pixels unless told otherwise. */

interface Size {
  width?: number;
  height?: number;
}

export function png({ width = 3, height = 4 }: Size = {}): Buffer {
  const bytes = Buffer.from('89504e470d0a1a0a0000000d49484452000000000000000008020000000000000000', 'hex');
  bytes.writeUInt32BE(width, 16);
  bytes.writeUInt32BE(height, 20);
  return bytes;
}

export function jpg({ width = 3, height = 4 }: Size = {}): Buffer {
  const application = Buffer.from('ffe000104a46494600010100000100010000', 'hex');
  const frame = Buffer.from('ffc0001108000000000301220002110103110100', 'hex');
  frame.writeUInt16BE(height, 5);
  frame.writeUInt16BE(width, 7);
  return Buffer.concat([Buffer.from('ffd8', 'hex'), application, frame]);
}

export function webp({ width = 3, height = 4 }: Size = {}): Buffer {
  const bytes = Buffer.alloc(30);
  bytes.write('RIFF\0\0\0\0WEBPVP8X', 'latin1');
  bytes.writeUIntLE(width - 1, 24, 3);
  bytes.writeUIntLE(height - 1, 27, 3);
  return bytes;
}

export function avif({ width = 3, height = 4 }: Size = {}): Buffer {
  const bytes = Buffer.alloc(60);
  bytes.write('\0\0\0\u0018ftypavif', 'latin1');
  bytes.write('ispe', 40, 'latin1');
  bytes.writeUInt32BE(width, 48);
  bytes.writeUInt32BE(height, 52);
  return bytes;
}

export const pictures = {
  png: png(),
  jpg: jpg(),
  webp: webp(),
  avif: avif(),
  svg: Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 4"><path d="M0 0h3v4z"/></svg>'),
};
