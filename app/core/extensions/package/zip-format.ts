/** Numbers of the zip format that the writer and the reader share (APPNOTE 6.3). */
export const zip = {
  localSignature: 0x04034b50,
  centralSignature: 0x02014b50,
  endSignature: 0x06054b50,
  localBytes: 30,
  centralBytes: 46,
  endBytes: 22,
  /** Version needed to extract: deflate. */
  version: 20,
  /** "Made by": Unix, so that the permissions in the attributes count. */
  madeBy: (3 << 8) | 20,
  stored: 0,
  deflated: 8,
  encryptedFlag: 1,
  descriptorFlag: 1 << 3,
  utf8Flag: 1 << 11,
  /** Midnight of 1980-01-01, the first moment that a zip can tell. */
  date: (1 << 5) | 1,
} as const;
