/** Telling a peer of changes of our own library. Pure. */
import type { LibraryDelta } from '../../protocol/index.ts';

/** How many changes are remembered; who is further behind gets the whole again. */
export const backlogLength = 64;

/** The backlog with one more change. Changes that do not follow each other start it afresh. */
export function remember(backlog: readonly LibraryDelta[], delta: LibraryDelta): readonly LibraryDelta[] {
  const last = backlog.at(-1);
  if (last && last.to !== delta.from) return [delta];
  return [...backlog, delta].slice(-backlogLength);
}

type Announcement = { kind: 'nothing' } | { kind: 'delta'; delta: LibraryDelta } | { kind: 'whole' };

/** What to tell a peer next that was told `toldRevision` last, now that ours is `revision`. */
export function nextAnnouncement({
  toldRevision,
  revision,
  backlog,
}: {
  toldRevision: number;
  revision: number;
  backlog: readonly LibraryDelta[];
}): Announcement {
  if (toldRevision >= revision) return { kind: 'nothing' };
  const delta = backlog.find(({ from }) => from === toldRevision);
  return delta ? { kind: 'delta', delta } : { kind: 'whole' };
}
