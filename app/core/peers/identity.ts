import { createHash } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import { join } from 'node:path';
import { generateKeyPair, privateKeyFromProtobuf, privateKeyToProtobuf } from '@libp2p/crypto/keys';
import type { Ed25519PrivateKey } from '@libp2p/interface';
import { peerIdFromPrivateKey } from '@libp2p/peer-id';
import {
  asBuffer,
  isNotFound,
  LanspreadError,
  silentLogger,
  writeFileAtomic,
  type FileSystem,
  type Logger,
} from '../base/index.ts';

/** Who this node is: the peer id follows from the key. */
export interface Identity {
  readonly privateKey: Ed25519PrivateKey;
  readonly peerId: string;
}

const fileName = 'identity.key';
/** Fingerprints of the PC that the key was made on, one a line. */
const machineFileName = 'identity.machine';
/** Where a key goes that another PC made. */
const strangersFileName = 'identity.key.of-another-pc';

interface LoadIdentityOptions {
  stateDir: string;
  fileSystem: FileSystem;
  logger?: Logger;
  /** What tells this PC from others; see `machineMarks`. */
  marks?: readonly string[];
}

/**
 * The node's key from `<stateDir>/identity.key`, made at the first start. A key that came with a copied state folder stays
 * behind with the PC it was made on: two PCs of one identity would push each other out without end, so this one gets its
 * own. A damaged file is never replaced silently: `IO_ERROR` says what to do, for others know this PC by that key.
 */
export async function loadIdentity({
  stateDir,
  fileSystem,
  logger = silentLogger,
  marks = machineMarks(networkInterfaces()),
}: LoadIdentityOptions): Promise<Identity> {
  const here = { stateDir, fileSystem, logger, marks };
  const path = join(stateDir, fileName);
  const made = (): Promise<Identity> => makeIdentity(path, { stateDir, fileSystem });
  const stored = await contentOf(path, fileSystem);
  if (!stored) return await bound(await made(), here);
  const known = (await contentOf(join(stateDir, machineFileName), fileSystem))?.toString().split('\n') ?? [];
  if (isAnotherMachine(known.filter(Boolean), marks)) {
    const strangersPath = join(stateDir, strangersFileName);
    logger.warn(
      { keptAs: strangersPath },
      'The state folder was copied from another PC. This PC has an identity of its own now; the other one keeps its.',
    );
    await fileSystem.rename(path, strangersPath);
    return await bound(await made(), here);
  }
  let privateKey;
  try {
    privateKey = privateKeyFromProtobuf(stored);
  } catch (cause) {
    throw damaged(path, cause);
  }
  if (privateKey.type !== 'Ed25519') throw damaged(path, undefined);
  return await bound({ privateKey, peerId: peerIdFromPrivateKey(privateKey).toString() }, here);
}

/**
 * What tells this PC from one that its disk was cloned to: its network cards, hashed. Cards with an address of their maker
 * count alone where there are some; others are of virtual machines, containers and bridges, and may change. Pure.
 */
export function machineMarks(table: Readonly<Record<string, NetworkInterfaceInfo[] | undefined>>): string[] {
  const addresses = Object.values(table)
    .flatMap((entries = []) => entries)
    .filter(({ internal, mac }) => !internal && !/^(00:){5}00$/.test(mac))
    .map(({ mac }) => mac.toLowerCase());
  const ofMaker = addresses.filter((mac) => (Number.parseInt(mac.slice(0, 2), 16) & 2) === 0);
  const counting = new Set(ofMaker.length > 0 ? ofMaker : addresses);
  return Array.from(counting, (mac) => createHash('sha256').update(mac).digest('hex').slice(0, 32)).sort();
}

/** Whether a key was made on another PC: no network card of then is here. Where one side knows of none, nobody can tell. */
export function isAnotherMachine(known: readonly string[], marks: readonly string[]): boolean {
  return known.length > 0 && marks.length > 0 && !known.some((mark) => marks.includes(mark));
}

/** Notes on which PC the identity is used; a new network card is taken in, and an old one is not forgotten. */
async function bound(
  identity: Identity,
  { stateDir, fileSystem, logger, marks }: Required<LoadIdentityOptions>,
): Promise<Identity> {
  const path = join(stateDir, machineFileName);
  const known = (await contentOf(path, fileSystem))?.toString().split('\n').filter(Boolean) ?? [];
  const mine = isAnotherMachine(known, marks) ? [] : known;
  const all = [...new Set([...mine, ...marks])].sort();
  if (all.length === 0 || all.join() === known.join()) return identity;
  try {
    await writeFileAtomic(fileSystem, { path, data: `${all.join('\n')}\n` });
  } catch (error) {
    logger.warn({ path, err: error }, 'which PC the identity belongs to could not be noted');
  }
  return identity;
}

async function contentOf(path: string, fileSystem: FileSystem): Promise<Buffer | undefined> {
  try {
    return asBuffer(await fileSystem.readFile(path));
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
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
