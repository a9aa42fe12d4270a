/** A process that has few files left to open or none, and starts a tool each time; see integration/extensions/out-of-files.test.ts. */
import { closeSync, openSync } from 'node:fs';
import { openToolOutput } from '../../app/core/extensions/plans/index.ts';

const held: number[] = [];

function takeAll(): void {
  try {
    for (;;) held.push(openSync('/dev/null', 'r'));
  } catch {
    // No more are to be had.
  }
}

async function attempt(): Promise<string> {
  try {
    await using output = await openToolOutput([{ path: '/bin/echo', args: ['told'] }], {
      cwd: '/',
      stallMs: 5_000,
      signal: AbortSignal.timeout(5_000),
    });
    let text = '';
    for await (const chunk of output.chunks) text += Buffer.from(chunk).toString();
    await output.finish();
    return text.trim();
  } catch (error) {
    return String(Reflect.get(Object(error), 'code'));
  }
}

const outcomes: string[] = [];
for (let left = 0; left <= 10; left += 1) {
  takeAll();
  for (let free = 0; free < left; free += 1) closeSync(held.pop() ?? -1);
  outcomes.push(await attempt());
}
console.log(JSON.stringify(outcomes));
