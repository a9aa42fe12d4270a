/**
 * Who may import whom, in one table. A room of `app/core` sees only rooms of a lower level, and only through their door
 * (`index.ts`); so no circle between rooms can come up. `build/structure.ts` holds every import against it.
 */
export const levels: Readonly<Record<string, number>> = {
  base: 0,
  protocol: 1,
  state: 1,
  supervise: 1,
  trust: 1,
  uploads: 1,
  content: 2,
  'game-folder': 2,
  settings: 2,
  catalog: 3,
  library: 3,
  peers: 3,
  install: 4,
  manifests: 4,
  play: 4,
  extensions: 5,
  streamed: 5,
  lanes: 6,
  blocks: 7,
  operations: 8,
  rpc: 9,
  wiring: 10,
  tools: 11,
};

/** Rooms that are entered by their files: `core.ts` calls what `wiring` has, the command line loads one tool at a time. */
const withoutDoor: ReadonlySet<string> = new Set(['wiring', 'tools']);

/** `portable.ts` is the second door of a room: what runs in a browser, too. */
const doors = /\/(?:index|portable)\.ts$/;

/** The room of a path, relative to the repository; undefined outside the rooms of the core. */
export function roomOf(path: string): string | undefined {
  return /^app\/core\/([^/]+)\//.exec(path)?.[1];
}

/** Why one file may not import another, in words; undefined when it may. Both relative to the repository. Pure. */
export function layerBreak(from: string, to: string): string | undefined {
  if (from.startsWith('app/core/')) return breakInCore(from, to);
  if (/^app\/extension(s|-api)\//.test(from))
    return /^app\/(core|ui|cli|shell)\//.test(to) ? 'an extension knows app/extension-api alone' : undefined;
  if (/^app\/(ui|cli|shell)\//.test(from)) {
    const room = roomOf(to);
    if (room !== undefined && room !== 'rpc' && room !== 'tools')
      return 'the core is reached through app/core/rpc, app/core/tools and app/core/core.ts only';
  }
  return undefined;
}

function breakInCore(from: string, to: string): string | undefined {
  if (/^app\/(ui|cli|shell|extensions)\//.test(to))
    return 'the core knows no user interface, command line or extension';
  const [room, other] = [roomOf(from), roomOf(to)];
  if (room === undefined || room === other) return undefined;
  if (other === undefined)
    return to.startsWith('app/core/') ? 'core.ts calls the rooms; no room imports it' : undefined;
  const [level, otherLevel] = [levels[room], levels[other]];
  if (level === undefined || otherLevel === undefined)
    return `build/layers.ts has no level for ${level === undefined ? room : other}`;
  if (otherLevel >= level)
    return `${room} (level ${level}) may import lower levels only, and ${other} has ${otherLevel}`;
  if (!withoutDoor.has(other) && !doors.test(to)) return `${other} is entered by its index.ts`;
  return undefined;
}
