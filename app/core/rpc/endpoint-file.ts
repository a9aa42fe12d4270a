/** How other programs of this user find the running core: `rpc.json` in its state directory, mode 0600. */
import { rmSync } from 'node:fs';
import { chmod, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { isNotFound, toDisposable, type IDisposable } from '../base/index.ts';

const endpointSchema = z.object({
  pid: z.int().positive(),
  port: z.int().min(1).max(65_535),
  token: z.string().min(32),
});
export type RpcEndpoint = z.infer<typeof endpointSchema>;

const fileName = 'rpc.json';

/** Writes the file; disposing removes it. */
export async function publishEndpoint(stateDir: string, endpoint: RpcEndpoint): Promise<IDisposable> {
  const path = join(stateDir, fileName);
  const temporary = `${path}.tmp`;
  {
    await using handle = await open(temporary, 'w', 0o600);
    await handle.writeFile(JSON.stringify(endpoint));
  }
  await chmod(temporary, 0o600);
  await rename(temporary, path);
  return toDisposable(() => rmSync(path, { force: true }));
}

/** The endpoint a core of this state directory left, or undefined. A crashed core's file may be stale: connecting tells. */
export async function readEndpoint(stateDir: string): Promise<RpcEndpoint | undefined> {
  let text: string;
  try {
    text = await readFile(join(stateDir, fileName), 'utf8');
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
  try {
    return endpointSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
