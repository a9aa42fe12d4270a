import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import type { Ed25519PrivateKey } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import { isNotFound, LanspreadError, writeFileAtomic, type FileSystem } from '../base/index.ts';

/** Who this node is: the peer id follows from the key. */
export interface Identity {
  readonly privateKey: Ed25519PrivateKey;
  readonly peerId: string;
}

const fileName = 'identity.key';

/**
 * The node's key from `<stateDir>/identity.key`, made at the first start. A damaged file is never replaced silently:
 * `IO_ERROR` says what to do, for others know this PC by that key.
 */
export async function loadIdentity({
  stateDir,
  fileSystem,
}: {
  stateDir: string;
  fileSystem: FileSystem;
}): Promise<Identity> {
  const path = join(stateDir, fileName);
  let stored: Uint8Array;
  try {
    stored = await fileSystem.readFile(path);
  } catch (error) {
    if (!isNotFound(error)) throw error;
    return await makeIdentity(path, { stateDir, fileSystem });
  }
  let privateKey;
  try {
    privateKey = privateKeyFromProtobuf(stored);
  } catch (cause) {
    throw damaged(path, cause);
  }
  if (privateKey.type !== 'Ed25519') throw damaged(path, undefined);
  return { privateKey, peerId: peerIdFromPrivateKey(privateKey).toString() };
}

async function makeIdentity(
  path: string,
  { stateDir, fileSystem }: { stateDir: string; fileSystem: FileSystem },
): Promise<Identity> {
  const privateKey = await generateKeyPair('Ed25519');
  await mkdir(stateDir, { recursive: true, mode: 0o700 });
  const temporaryPath = `${path}.tmp`;
  await fileSystem.writeFile(temporaryPath, '');
  await chmod(temporaryPath, 0o600);
  await writeFileAtomic(fileSystem, { path, data: privateKeyToProtobuf(privateKey) }, { temporaryPath });
  return { privateKey, peerId: peerIdFromPrivateKey(privateKey).toString() };
}

function damaged(path: string, cause: unknown): LanspreadError {
  return new LanspreadError('IO_ERROR', {
    message: `${path} is damaged. Restore it from a backup; or delete it, and this PC gets a new identity.`,
    details: { path },
    cause,
  });
}
