/** What hashing a block of 4 MiB costs, one thread, by candidate; SHA-256 is the reference. */
import { createHash } from 'node:crypto';
import { parseArgs } from 'node:util';
import { blake3Hex, createHasher } from '../../app/core/base/index.ts';
import { blockSizeBytes } from '../../app/core/protocol/index.ts';
import { seededBytes } from '../support/random.ts';
import { figure, type Figure } from './bench.ts';

const mib = 1024 * 1024;
/** The pieces in which a lane gets a block. */
const pieceBytes = 256 * 1024;
const blocksPerRun = 32;

interface Candidate {
  readonly name: string;
  hash(block: Buffer): string;
}

function inPieces(block: Buffer): string {
  for (let at = 0; at < block.length; at += pieceBytes) hasher.update(block.subarray(at, at + pieceBytes));
  return hasher.finish();
}

const hasher = createHasher();
const reference: Candidate = { name: 'SHA-256', hash: (block) => createHash('sha256').update(block).digest('hex') };
const candidates: readonly Candidate[] = [
  { name: 'BLAKE3', hash: blake3Hex },
  { name: 'BLAKE3 in pieces of 256 KiB', hash: inPieces },
  { name: 'BLAKE2b-512', hash: (block) => createHash('blake2b512').update(block).digest('hex') },
];

function speedOf({ hash }: Candidate, blocks: readonly Buffer[]): number {
  const started = performance.now();
  for (let count = 0; count < blocksPerRun; count += 1) {
    const block = blocks[count % blocks.length];
    if (block) hash(block);
  }
  return (blocksPerRun * blockSizeBytes) / mib / ((performance.now() - started) / 1000);
}

export async function run(args: readonly string[]): Promise<readonly Figure[]> {
  const { values } = parseArgs({ args: [...args], options: { rounds: { type: 'string', default: '9' } } });
  // More than the processor's caches hold.
  const blocks = Array.from({ length: 16 }, (_, index) => seededBytes(`block ${index}`, blockSizeBytes));
  const all = [reference, ...candidates];
  for (const candidate of all) speedOf(candidate, blocks);
  const speeds = new Map(all.map((candidate) => [candidate, [] as number[]]));
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const candidate of all) speeds.get(candidate)?.push(speedOf(candidate, blocks));
  }
  const of = (candidate: Candidate): number[] => speeds.get(candidate) ?? [];
  const against = { name: reference.name, values: of(reference) };
  return [
    figure(reference.name, { unit: 'MiB/s', values: of(reference) }),
    ...candidates.map((candidate) =>
      figure(candidate.name, { unit: 'MiB/s', values: of(candidate), reference: against }),
    ),
  ];
}
