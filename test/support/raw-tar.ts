/** Writes tars field by field, with whatever bytes the names have. */

export interface RawTarEntry {
  readonly path: string | Buffer;
  readonly bytes?: Buffer | string;
  /** Default: 0644. */
  readonly mode?: number;
  /** Default: an ordinary file. `2`: a symbolic link, `5`: a folder. */
  readonly type?: string;
  readonly target?: string;
  readonly owner?: Buffer;
}

const blockBytes = 512;

function header(
  { path, mode = 0o644, type = '0', target = '', owner = Buffer.alloc(0) }: RawTarEntry,
  sizeBytes: number,
): Buffer {
  const block = Buffer.alloc(blockBytes);
  const octal = (value: number, at: number, length: number): void => {
    block.write(`${value.toString(8).padStart(length - 1, '0')}\0`, at, 'latin1');
  };
  block.set(Buffer.from(path), 0);
  octal(mode, 100, 8);
  octal(0, 108, 8);
  octal(0, 116, 8);
  octal(sizeBytes, 124, 12);
  octal(0, 136, 12);
  block.write(type, 156, 'latin1');
  block.write(target, 157);
  block.write('ustar\u000000', 257, 'latin1');
  block.set(owner, 265);
  block.fill(0x20, 148, 156);
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  return block;
}

export function rawTar(entries: readonly RawTarEntry[]): Buffer {
  const parts = entries.flatMap((entry) => {
    const content = Buffer.from(entry.bytes ?? '');
    const padding = Buffer.alloc((blockBytes - (content.length % blockBytes)) % blockBytes);
    return [header(entry, content.length), content, padding];
  });
  return Buffer.concat([...parts, Buffer.alloc(2 * blockBytes)]);
}
