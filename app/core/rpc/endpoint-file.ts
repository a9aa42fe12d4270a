/** How other programs of this user find the running core: `rpc.json` in its state folder, mode 0600. */
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
type RpcEndpoint = z.infer<typeof endpointSchema>;

const fileName = 'rpc.json';
/** This file outlives the core. The next core listens on the same port if it can, so that an open window finds it. */
const addressFileName = 'rpc-address.json';
/** A window may miss several cores in a row that crash during their start. */
const maxWindowKeys = 8;
const addressSchema = z.object({
  port: endpointSchema.shape.port,
  /** Keys of the windows that the last cores let in, the newest last. */
  windowKeys: z.array(z.string()).default([]),
});
export type RpcAddress = z.infer<typeof addressSchema>;

/** Writes the file; disposing removes it. */
export async function publishEndpoint(stateDir: string, endpoint: RpcEndpoint): Promise<IDisposable> {
  const path = join(stateDir, fileName);
  await writePrivate(path, endpoint);
  return toDisposable(() => rmSync(path, { force: true }));
}

/** Stores for the next start the port of this core and the keys of its windows. */
export async function keepAddress(
  stateDir: string,
  { port, windowKey, earlier }: { port: number; windowKey: string; earlier: RpcAddress | undefined },
): Promise<void> {
  const windowKeys = [...(earlier?.windowKeys ?? []), windowKey].slice(-maxWindowKeys);
  await writePrivate(join(stateDir, addressFileName), { port, windowKeys });
}

/** The address of the last core of this state folder; undefined for the first core. */
export async function lastAddress(stateDir: string): Promise<RpcAddress | undefined> {
  return await readJson(join(stateDir, addressFileName), addressSchema);
}

async function writePrivate(path: string, content: object): Promise<void> {
  const temporary = `${path}.tmp`;
  {
    await using handle = await open(temporary, 'w', 0o600);
    await handle.writeFile(JSON.stringify(content));
  }
  await chmod(temporary, 0o600);
  await rename(temporary, path);
}

/**
 * The endpoint that a core of this state folder left, or undefined. The file of a crashed core may be stale; a connection
 * attempt shows it.
 */
export async function readEndpoint(stateDir: string): Promise<RpcEndpoint | undefined> {
  return await readJson(join(stateDir, fileName), endpointSchema);
}

async function readJson<Schema extends z.ZodType>(path: string, schema: Schema): Promise<z.infer<Schema> | undefined> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
