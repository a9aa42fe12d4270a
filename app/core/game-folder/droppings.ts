/**
 * Files that systems, file managers and sync programs leave in folders by themselves. They are no payload: no manifest lists
 * them, no PC serves or installs them, and Lanspread neither deletes nor overwrites them. Pure.
 */
import { foldPath, type EntryKind } from '../base/index.ts';

/** Names of files and folders at any depth, folded. */
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
    // Programs that sync folders between PCs
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

/** The same for names that vary. */
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

/** "Copy" in the words that file managers add to a name. */
const copy =
  '(?:copy|kopie|copie|copia|cópia|kopia|kopi|kopio|copy of|copie de|kopie von|másolat|kópia|копия|копія|副本|コピー|복사본)';
/** Endings that a file manager or a person gives to a copy. */
const copyMark = `(?: - ${copy}(?: ?\\(\\d+\\))?| ${copy}(?: \\d+)?| \\((?:\\d+|[^)]*${copy}[^)]*)\\)|[ ._-](?:old|alt|bak|backup|orig|save|saves)\\d*)`;
const copiesOfInstall = new RegExp(`^(?:local${copyMark}+|${copy} (?:of|von|de|di|av|af|van) local|~local)$`);
const copiesOfSentinel = new RegExp(
  `^(?:version${copyMark}+\\.ini|version\\.ini(?:~|\\.(?:bak|old|orig|save|txt|tmp|swp))|\\.version\\.ini\\.sw[a-p]|${copy} (?:of|von|de|di|av|af|van) version\\.ini)$`,
);

interface DroppingPlace {
  /** The entry is directly in a game folder. */
  readonly atGameRoot: boolean;
  readonly kind: EntryKind;
}

/**
 * Whether an entry of a game folder is no payload, by its name. Directly in the game folder this includes copies that the
 * player made by hand: of the install (`local - Copy/`) and of the sentinel (`version.ini.bak`).
 */
export function isDropping(name: string, { atGameRoot, kind }: DroppingPlace): boolean {
  const folded = foldPath(name);
  if (names.has(folded) || patterns.some((pattern) => pattern.test(folded))) return true;
  if (!atGameRoot) return false;
  return kind === 'directory' ? copiesOfInstall.test(folded) : copiesOfSentinel.test(folded);
}

/** The same for a file's path relative to a game folder: whether the file or one of its folders is a dropping. */
export function isBelowDropping(path: string): boolean {
  const components = path.split('/');
  return components.some((name, index) =>
    isDropping(name, { atGameRoot: index === 0, kind: index < components.length - 1 ? 'directory' : 'file' }),
  );
}

/** Whether a folder directly in a game folder is the player's copy of the install; such a copy may hold saves. */
export function isCopyOfInstall(name: string): boolean {
  return copiesOfInstall.test(foldPath(name));
}
