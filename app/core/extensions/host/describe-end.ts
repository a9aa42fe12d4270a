/** In words, how a process came to its end. Pure. */
interface ProcessEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  readonly error?: Error;
  /** The end of what it complained about. */
  readonly stderr: string;
}

export function describeEnd({ exitCode, signal, error, stderr }: ProcessEnd): string {
  if (error) return `could not be started: ${error.message}`;
  if (/heap out of memory|Allocation failed/i.test(stderr)) return 'ran out of the memory it may use';
  const how = signal === null ? `ended with exit code ${exitCode}` : `was ended by ${signal}`;
  const said = lastError(stderr);
  return said === undefined ? how : `${how}: ${said}`;
}

/** The line of an uncaught error that tells what it is. */
function lastError(stderr: string): string | undefined {
  const line = stderr
    .split('\n')
    .findLast((text) => /^(?:Uncaught )?[A-Za-z]*(?:Error|Exception)\b.*:/.test(text.trim()));
  return line?.trim().slice(0, 300);
}
