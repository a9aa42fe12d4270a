/** A game of two versions that reaches into every corner of a download, an install and an update. */
import { kib, mib, type GameSpec } from './games.ts';
import type { Version } from './root-invariants.ts';

export const crashGame = (id: string, version: Version): GameSpec => ({
  id,
  version,
  archives: [
    {
      entries: [
        { path: 'game.sh', text: `#!/bin/sh\necho ${version}\n`, executable: true },
        { path: 'data/level.pak', sizeBytes: 900 * kib, seed: `${id} level ${version}` },
        { path: 'data/same.pak', sizeBytes: 40 * kib, seed: `${id} same` },
        { path: `data/only in ${version}.pak`, sizeBytes: 3 * kib },
        { path: 'cfg/video.cfg', text: `video of ${version}\n` },
        { kind: 'directory', path: 'saves' },
      ],
    },
  ],
  loose: [
    { path: 'music.pak', sizeBytes: 9 * mib + 5, seed: `${id} music ${version}` },
    { path: 'same.pak', sizeBytes: mib, seed: `${id} both` },
    { path: `readme ${version}.txt`, text: `read me ${version}\n` },
    ...Array.from({ length: 8 }, (_, index) => ({ path: `small/file ${index}.dat`, sizeBytes: 2_000 + index })),
  ],
});
