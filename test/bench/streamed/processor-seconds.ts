/** What processes cost, as Linux counts it; nothing elsewhere. */
import { readdir, readFile } from 'node:fs/promises';

/** Linux tells them in these, whatever its own clock is. */
const ticksPerSecond = 100;

export interface ProcessorSeconds {
  /** By the name that each thread gives itself, user and system together; threads that ended are missing. */
  readonly threads: Readonly<Record<string, number>>;
  /** The whole process, threads that ended included. */
  readonly own: number;
  /** Of children that ended and theirs. */
  readonly children: number;
}

/** So far, of a process that runs. Undefined where the system does not tell. */
export async function processorSeconds(processId: number): Promise<ProcessorSeconds | undefined> {
  if (process.platform !== 'linux') return undefined;
  const { fields } = await statOf(`/proc/${processId}/stat`);
  const threads: Record<string, number> = {};
  for (const task of await readdir(`/proc/${processId}/task`)) {
    const facts = await statOf(`/proc/${processId}/task/${task}/stat`).catch(() => undefined);
    if (facts) threads[facts.name] = (threads[facts.name] ?? 0) + secondsOf(facts.fields, 11);
  }
  return { threads, own: secondsOf(fields, 11), children: secondsOf(fields, 13) };
}

/** What was spent between the two. */
export function spent(before: ProcessorSeconds, after: ProcessorSeconds): ProcessorSeconds {
  const threads = Object.entries(after.threads).map(([name, seconds]) => [name, seconds - (before.threads[name] ?? 0)]);
  return {
    threads: Object.fromEntries(threads) as Record<string, number>,
    own: after.own - before.own,
    children: after.children - before.children,
  };
}

/** The fields behind the name, which may have blanks and brackets in it. */
async function statOf(path: string): Promise<{ name: string; fields: string[] }> {
  const text = await readFile(path, 'latin1');
  const [start, end] = [text.indexOf('('), text.lastIndexOf(')')];
  return { name: text.slice(start + 1, end), fields: text.slice(end + 2).split(' ') };
}

/** Two fields that follow each other: user and system time. */
function secondsOf(fields: readonly string[], at: number): number {
  return (Number(fields[at]) + Number(fields[at + 1])) / ticksPerSecond;
}
