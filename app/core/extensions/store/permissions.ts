/** What an extension asks for against what the player agreed to. Pure. */
import { z } from 'zod';
import type { Permissions } from '../manifest/index.ts';

/** What an extension would get beyond what it has, in the words of the question to the player. */
export interface AddedPermissions {
  /** Programs that come along with it. */
  readonly tools: readonly string[];
  /** Origins. */
  readonly hosts: readonly string[];
  /** Kinds of folders beside its own. */
  readonly folders: readonly string[];
}

export const noPermissions: Permissions = { tools: [], net: [], read: [] };

const texts = z.array(z.string()).catch([]);
const stored = z.object({ tools: texts, net: texts, read: texts }).catch({ tools: [], net: [], read: [] });

/** Reads the permissions from the database. A malformed entry grants nothing. */
export function parseGranted(value: unknown): AddedPermissions {
  const { tools, net, read } = stored.parse(value);
  return { tools, hosts: net, folders: read };
}

export function permissionsOf({ tools, net, read }: Permissions): AddedPermissions {
  return { tools, hosts: net, folders: read };
}

export function addedPermissions(wanted: Permissions, granted: AddedPermissions): AddedPermissions {
  const beyond = (asked: readonly string[], given: readonly string[]): string[] =>
    asked.filter((item) => !given.includes(item));
  return {
    tools: beyond(wanted.tools, granted.tools),
    hosts: beyond(wanted.net, granted.hosts),
    folders: beyond(wanted.read, granted.folders),
  };
}

export function asksForNothing({ tools, hosts, folders }: AddedPermissions): boolean {
  return tools.length + hosts.length + folders.length === 0;
}
