import { throwIfAborted, type SignalOptions } from './cancellation.ts';

const parallelWorks = 16;

/**
 * Does some work for every item, a few at a time, begun in order: made for lists of hundreds of thousands, which cost no
 * promise each. Throws what the first failing work threw, once none is under way any more; later items are not begun.
 */
export async function forEachParallel<T>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<void>,
  { signal, parallel = parallelWorks }: SignalOptions & { parallel?: number } = {},
): Promise<void> {
  let next = 0;
  const failures: unknown[] = [];
  const runner = async (): Promise<void> => {
    for (let index = next++; index < items.length && failures.length === 0; index = next++) {
      const item = items[index];
      try {
        throwIfAborted(signal);
        // `index` is within the list: what is undefined here is an item.
        await work(item as T, index);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(parallel, items.length) }, runner));
  if (failures.length > 0) throw failures[0];
}
