/** Finds what is wrong with how the sources hang together. Everything here is pure; paths are relative to the repository. */
import { posix } from 'node:path';
import { layerBreak } from '../layers.ts';
import type { SourceModule } from './read-module.ts';

export type Modules = ReadonlyMap<string, SourceModule>;

/** One line each, the same for the same finding in every run: they are what the list of allowed ones has. */
export interface Findings {
  /** Files that import each other in a circle; imports of types count. */
  readonly circles: readonly string[];
  readonly layerBreaks: readonly string[];
  /** Names that two files of the core export for two things. */
  readonly doubledNames: readonly string[];
  /** Exports of the program that no other file reads, tests included. */
  readonly unusedExports: readonly string[];
  /** Packages that the program depends on and never names. */
  readonly unusedPackages: readonly string[];
}

export type FindingKind = keyof Findings;

export interface FindingsOptions {
  /** The packages that the program itself needs. */
  readonly dependencies: readonly string[];
  /** Files that something loads by an address that it makes up: what they export is used. */
  readonly entrances?: readonly string[];
}

export function findAll(modules: Modules, { dependencies, entrances = [] }: FindingsOptions): Findings {
  const edges = importEdges(modules);
  return {
    circles: findCircles(edges),
    layerBreaks: findLayerBreaks(edges),
    doubledNames: findDoubledNames(modules),
    unusedExports: findUnusedExports(modules, entrances),
    unusedPackages: findUnusedPackages(modules, dependencies),
  };
}

/** The file that a specifier names; undefined for packages and for files that are not sources. */
function targetOf(modules: Modules, from: string, specifier: string): string | undefined {
  if (!specifier.startsWith('.')) return undefined;
  const path = posix.join(posix.dirname(from), specifier);
  return modules.has(path) ? path : undefined;
}

export function importEdges(modules: Modules): Map<string, Set<string>> {
  return new Map(
    Array.from(modules, ([path, { imports, passedOn }]) => {
      const targets = [...imports, ...passedOn].flatMap(({ specifier }) => targetOf(modules, path, specifier) ?? []);
      return [path, new Set(targets)];
    }),
  );
}

/** Tarjan's strongly connected components, those of more than one file, and files that import themselves. */
export function findCircles(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  const index = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const onStack = new Set<string>();
  const circles: string[] = [];
  const visit = (path: string): void => {
    const own = index.size;
    index.set(path, own);
    lowest.set(path, own);
    stack.push(path);
    onStack.add(path);
    for (const target of edges.get(path) ?? []) {
      if (!index.has(target)) visit(target);
      if (onStack.has(target)) lowest.set(path, Math.min(lowest.get(path) ?? own, lowest.get(target) ?? own));
    }
    if (lowest.get(path) !== own) return;
    const members = stack.splice(stack.indexOf(path));
    for (const member of members) onStack.delete(member);
    if (members.length > 1 || edges.get(path)?.has(path)) circles.push(members.sort().join(' ↔ '));
  };
  for (const path of edges.keys()) if (!index.has(path)) visit(path);
  return circles.sort();
}

export function findLayerBreaks(edges: ReadonlyMap<string, ReadonlySet<string>>): string[] {
  return [...edges]
    .flatMap(([from, targets]) =>
      [...targets].flatMap((to) => {
        const reason = layerBreak(from, to);
        return reason === undefined ? [] : [`${from} → ${to}: ${reason}`];
      }),
    )
    .sort();
}

export function findDoubledNames(modules: Modules): string[] {
  const homes = new Map<string, string[]>();
  for (const [path, { declares }] of modules) {
    if (!path.startsWith('app/core/')) continue;
    for (const name of new Set(declares)) homes.set(name, [...(homes.get(name) ?? []), path]);
  }
  return [...homes]
    .filter(([, paths]) => paths.length > 1)
    .map(([name, paths]) => `${name}: ${paths.sort().join(', ')}`)
    .sort();
}

/** Where a name that a file exports is declared, through whatever passes it on. */
function homeOf(modules: Modules, path: string, name: string, seen = new Set<string>()): string | undefined {
  const module = modules.get(path);
  if (!module || seen.has(path)) return undefined;
  seen.add(path);
  if (module.declares.includes(name)) return `${path}: ${name}`;
  for (const { specifier, names } of module.passedOn) {
    const there = names ? names.get(name) : name;
    const target = targetOf(modules, path, specifier);
    const home = there !== undefined && target !== undefined && homeOf(modules, target, there, seen);
    if (home) return home;
  }
  return undefined;
}

export function findUnusedExports(modules: Modules, entrances: readonly string[] = []): string[] {
  const used = new Set<string>();
  const whole = new Set(entrances);
  for (const [path, { imports }] of modules) {
    for (const { specifier, names } of imports) {
      const target = targetOf(modules, path, specifier);
      if (target === undefined) continue;
      if (names === undefined) whole.add(target);
      for (const name of names ?? []) {
        const home = homeOf(modules, target, name);
        if (home !== undefined) used.add(home);
      }
    }
  }
  // A file that is imported as a whole makes everything used that it passes on.
  for (const path of whole)
    for (const { specifier, names } of modules.get(path)?.passedOn ?? []) {
      const target = targetOf(modules, path, specifier);
      if (target === undefined) continue;
      if (names === undefined) whole.add(target);
      for (const name of names?.values() ?? []) {
        const home = homeOf(modules, target, name);
        if (home !== undefined) used.add(home);
      }
    }
  return [...modules]
    .filter(([path]) => path.startsWith('app/') && !path.startsWith('app/extension') && !whole.has(path))
    .flatMap(([path, { declares }]) => declares.map((name) => `${path}: ${name}`))
    .filter((entry) => !used.has(entry) && !entry.endsWith(': default'))
    .sort();
}

export function findUnusedPackages(modules: Modules, dependencies: readonly string[]): string[] {
  const named = new Set<string>();
  for (const { strings } of modules.values())
    for (const text of strings)
      for (const name of dependencies) if (text === name || text.startsWith(`${name}/`)) named.add(name);
  return dependencies.filter((name) => !named.has(name));
}

export interface Compared {
  /** Findings that nobody allowed. */
  readonly added: readonly string[];
  /** Allowed ones that are not there any more. */
  readonly cured: readonly string[];
}

/** Holds findings against those that are allowed for now. */
export function compareWithAllowed(found: readonly string[], allowed: readonly string[]): Compared {
  return {
    added: found.filter((entry) => !allowed.includes(entry)),
    cured: allowed.filter((entry) => !found.includes(entry)),
  };
}
