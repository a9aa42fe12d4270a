/** What `steppedFileSystem` is for the disk, for the database: tells of every change, before and after it. */
import type { State } from '../../app/core/state/index.ts';

interface StateStepHooks {
  /** What it throws is what the step fails with. `name`: repository and method. */
  before(name: string): void;
  after?(name: string): void;
}

/** Whatever begins with these words writes. */
const writing = /^(put|clear|replace|remove|progress|set|forget|next|add|close|update|transaction)/;

export function steppedState(inner: State, hooks: StateStepHooks): State {
  const stepped = watched(inner, '', hooks);
  for (const [name, repository] of Object.entries(inner))
    if (typeof repository === 'object' && repository !== null)
      Object.assign(stepped, { [name]: watched(repository, `${name}.`, hooks) });
  return stepped;
}

/** A copy of the object with its writing methods watched. */
function watched<T extends object>(inner: T, prefix: string, hooks: StateStepHooks): T {
  const outer = { ...inner };
  for (const name of Object.keys(inner)) {
    const original: unknown = Reflect.get(inner, name);
    if (typeof original !== 'function' || !writing.test(name)) continue;
    const step = prefix + name;
    const value = (...parameters: unknown[]): unknown => {
      hooks.before(step);
      const result: unknown = Reflect.apply(original, inner, parameters);
      hooks.after?.(step);
      return result;
    };
    Object.assign(outer, { [name]: value });
  }
  return outer;
}
