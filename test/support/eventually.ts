import { setTimeout as delay } from 'node:timers/promises';
import { patience } from './patience.ts';

const pauseMs = 20;

/**
 * Asks again and again until the answer is not undefined, and returns it. Rejects at the limit with what was waited for
 * and the last answer in words. For conditions that have no event of their own.
 */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  { limitMs = 15_000 * patience }: { limitMs?: number } = {},
): Promise<T> {
  const end = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`not within ${limitMs / 1000} s: ${what}`);
    await delay(pauseMs);
  }
}

/** Waits until the condition holds. */
export async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  options: { limitMs?: number } = {},
): Promise<void> {
  await eventually(what, async () => ((await holds()) ? true : undefined), options);
}
