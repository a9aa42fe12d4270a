/** Why a path is not acceptable. Portable: the UI has its own texts for each fault. */

/** The longest accepted path, in UTF-16 code units. It leaves room for a games folder within Windows' classic limit. */
export const maxPathLength = 240;
/** The longest component that common file systems can store, in UTF-8 bytes. */
export const maxComponentBytes = 255;

/** Each text follows the path: `"a:b" contains a colon`. */
export const pathFaults = {
  empty: 'is empty',
  'too-long': `is longer than ${maxPathLength} characters`,
  'bad-unicode': 'is not well-formed Unicode',
  control: 'contains a control character',
  backslash: 'contains a backslash',
  colon: 'contains a colon (drive letter or alternate stream)',
  absolute: 'is absolute',
  forbidden: 'contains a character Windows forbids',
  'empty-segment': 'has an empty segment',
  'dot-segment': 'has a dot segment',
  'ends-in-dot': 'has a segment that ends in a dot or space',
  'device-name': 'has a segment that is a reserved Windows name',
  'long-segment': `has a segment of over ${maxComponentBytes} bytes`,
  reserved: 'is a reserved name',
  'file-and-folder': 'is a file and a folder',
} as const;

export type PathFault = keyof typeof pathFaults;
