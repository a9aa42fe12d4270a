/**
 * The names directly in a game folder that Lanspread itself uses. No other file spells them: the path rules refuse them in
 * manifests and archives, and `game-folder` makes paths of them.
 */
export const ownNames = {
  /** Exists exactly when the payload is complete. */
  sentinel: 'version.ini',
  /** The next sentinel while it is being written. */
  sentinelTemporary: '.version.ini.tmp',
  /** The old sentinel during a download. */
  sentinelParked: '.version.ini.discarded',
  /** The installed game. */
  local: 'local',
  /** An install that is not finished. */
  staging: '.local.installing',
  /** The install of before, during an update or an uninstall. */
  backup: '.local.backup',
  /** Marks staging and backup as made by Lanspread. */
  marker: '.lanspread_owned',
} as const;

/** The beginning of the names of folders with files that were set aside; a time follows. */
export const asidePrefix = '.local.conflict-';
