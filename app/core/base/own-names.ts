/**
 * The names directly in a game's folder that Lanspread itself uses. They are spelled here alone: path rules refuse them in
 * manifests and archives, and `game-folder` makes paths of them.
 */
export const ownNames = {
  /** There exactly when the payload is complete. */
  sentinel: 'version.ini',
  /** The next sentinel while it is written. */
  sentinelTemporary: '.version.ini.tmp',
  /** The old sentinel while a download runs. */
  sentinelParked: '.version.ini.discarded',
  /** The installed game. */
  local: 'local',
  /** An install that is not finished. */
  staging: '.local.installing',
  /** The installed game while an update or an uninstall runs. */
  backup: '.local.backup',
  /** Marks staging and backup as made by Lanspread. */
  marker: '.lanspread_owned',
} as const;

/** How the folders begin that hold what was the player's and in the way; a time follows. */
export const asidePrefix = '.local.conflict-';
