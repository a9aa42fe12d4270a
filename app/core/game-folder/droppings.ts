/**
 * What systems, file managers and sync programs leave in folders by themselves. It is no payload: it is in no manifest, is
 * served to nobody and installed nowhere, and Lanspread neither deletes nor overwrites it. Pure.
 */
import { foldPath, type EntryKind } from '../base/index.ts';

/** Names of files and folders, at any depth, in folded spelling. */
const names: ReadonlySet<string> = new Set(
  [
    // Windows
    'Thumbs.db',
    'ehthumbs.db',
    'ehthumbs_vista.db',
    'desktop.ini',
    '$RECYCLE.BIN',
    'RECYCLER',
    'System Volume Information',
    // macOS
    '.DS_Store',
    '.AppleDouble',
    '.AppleDB',
    '.AppleDesktop',
    '.LSOverride',
    '.DocumentRevisions-V100',
    '.fseventsd',
    '.Spotlight-V100',
    '.TemporaryItems',
    '.Trashes',
    '.VolumeIcon.icns',
    '.com.apple.timemachine.donotpresent',
    '.apdisk',
    'Icon\r',
    '__MACOSX',
    'Network Trash Folder',
    'Temporary Items',
    // Linux desktops and disks
    '.directory',
    '.Trash',
    'lost+found',
    '.thumbnails',
    '.xvpics',
    // Network disks
    '@eaDir',
    '#recycle',
    '@Recycle',
    '.@__thumb',
    '#snapshot',
    // Programs that keep folders the same on several PCs
    '.stfolder',
    '.stversions',
    '.stignore',
    '.stglobalignore',
    '.dropbox',
    '.dropbox.attr',
    '.dropbox.cache',
    '.owncloudsync.log',
    '.nextcloudsync.log',
    '.csync_journal.db',
    '.tmp.drivedownload',
    '.tmp.driveupload',
  ].map(foldPath),
);

/** The same where a name varies. */
const patterns: readonly RegExp[] = [
  /^\._/,
  /^\.trash-/,
  /^found\.\d{3}$/,
  /^\.nfs[0-9a-f]{8,}$/,
  /^\.fuse_hidden[0-9a-f]+$/,
  /^\.stfolder\.removed-/,
  /^(?:~syncthing~|\.syncthing\.).*\.tmp$/,
  /\.sync-conflict-\d{8}-\d{6}-[a-z0-9]{7}(?:\.|$)/,
  /^\.sync_[0-9a-f]+\.db(?:-shm|-wal)?$/,
  /^\.~lock\..*#$/,
];

/** "Copy" as file managers write it into a name. */
const copy =
  '(?:copy|kopie|copie|copia|cópia|kopia|kopi|kopio|copy of|copie de|kopie von|másolat|kópia|копия|копія|副本|コピー|복사본)';
/** The endings that a copy gets from a file manager or by hand. */
const copyMark = `(?: - ${copy}(?: ?\\(\\d+\\))?| ${copy}(?: \\d+)?| \\((?:\\d+|[^)]*${copy}[^)]*)\\)|[ ._-](?:old|alt|bak|backup|orig|save|saves)\\d*)`;
const copiesOfInstall = new RegExp(`^(?:local${copyMark}+|${copy} (?:of|von|de|di|av|af|van) local|~local)$`);
const copiesOfSentinel = new RegExp(
  `^(?:version${copyMark}+\\.ini|version\\.ini(?:~|\\.(?:bak|old|orig|save|txt|tmp|swp))|\\.version\\.ini\\.sw[a-p]|${copy} (?:of|von|de|di|av|af|van) version\\.ini)$`,
);

interface DroppingPlace {
  /** The entry lies directly in a game's folder. */
  readonly atGameRoot: boolean;
  readonly kind: EntryKind;
}

/**
 * Whether an entry of a game's folder is no payload, by its name. Directly in the folder that also holds for what the player
 * copied there by hand: the installed game (`local - Copy/`) and the sentinel (`version.ini.bak`).
 */
export function isDropping(name: string, { atGameRoot, kind }: DroppingPlace): boolean {
  const folded = foldPath(name);
  if (names.has(folded) || patterns.some((pattern) => pattern.test(folded))) return true;
  if (!atGameRoot) return false;
  return kind === 'directory' ? copiesOfInstall.test(folded) : copiesOfSentinel.test(folded);
}

/** The same of a file's path relative to a game's folder: whether it or a folder on its way is a dropping. */
export function isBelowDropping(path: string): boolean {
  const components = path.split('/');
  return components.some((name, index) =>
    isDropping(name, { atGameRoot: index === 0, kind: index < components.length - 1 ? 'directory' : 'file' }),
  );
}

/** Whether a folder directly in a game's folder is the player's copy of the installed game, which may hold saves. */
export function isCopyOfInstall(name: string): boolean {
  return copiesOfInstall.test(foldPath(name));
}
