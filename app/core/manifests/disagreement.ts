/** The error and the choices for a player when peers hold different content of one version. Pure. */
import { LanspreadError, type GameId } from '../base/index.ts';
import type { Contender } from './manifest-vote.ts';

/** One content that can be chosen. */
export interface ContentChoice {
  /** The value that `download` takes as `manifestHash`. */
  readonly manifestHash: string;
  readonly version: string;
  /** The first few peers that have it. */
  readonly peers: readonly string[];
  /** Player names, in the order of `peers`. */
  readonly names: readonly string[];
  /** The number of peers that have it. */
  readonly peerCount: number;
  /** The number of PCs, as far as addresses tell them apart. */
  readonly pcCount: number;
  readonly fileCount: number;
  readonly sizeBytes: number;
  /**
   * The first few files, by path, in which it differs from the content of most PCs; for that content itself: from the
   * second.
   */
  readonly differingFiles: readonly string[];
  /** The number of all differing files. */
  readonly differingCount: number;
}

const mostFiles = 8;
const mostPeers = 16;
const mostNames = 4;
const mostFilesInMessage = 3;

/** Returns `MANIFEST_TIE` with `choices` in its details. Needs at least two contenders. */
export function disagreement(
  { gameId, version, nameOf }: { gameId: GameId; version: string; nameOf: (peerId: string) => string },
  contenders: readonly Contender[],
): LanspreadError {
  const [first, second] = contenders;
  const choices = contenders.map((contender): ContentChoice => {
    const { group, content } = contender;
    const other = contender === first ? second : first;
    const differing = other ? content.differingFrom(other.content) : [];
    const peers = group.peers.slice(0, mostPeers);
    return {
      manifestHash: group.roots[0] ?? '',
      version,
      peers,
      names: peers.map(nameOf),
      peerCount: group.peers.length,
      pcCount: group.votes,
      fileCount: content.manifest.files.length,
      sizeBytes: content.sizeBytes,
      differingFiles: differing.slice(0, mostFiles),
      differingCount: differing.length,
    };
  });
  const sides = choices.map(({ names, peerCount, pcCount, fileCount, manifestHash }) => {
    const pcs = pcCount === 1 ? '1 PC' : `${pcCount} PCs`;
    return `${listed(names, { most: mostNames, count: peerCount })} (${pcs}, ${fileCount === 1 ? '1 file' : `${fileCount} files`}, content ${manifestHash.slice(0, 8)})`;
  });
  const differing = [...new Set(choices.flatMap(({ differingFiles }) => differingFiles))].sort();
  const files = listed(differing, { most: mostFilesInMessage, count: differing.length });
  return new LanspreadError('MANIFEST_TIE', {
    message: `The PCs hold different files of ${gameId} ${version}: ${sides.join('; ')}. They differ in ${files}.`,
    details: {
      gameId,
      version,
      groups: contenders.map(({ group: { roots, peers } }) => ({ root: roots[0] ?? '', peers })),
      choices,
      files,
    },
  });
}

/** `count`: of all, also of those that are not among the names. */
function listed(names: readonly string[], { most, count }: { most: number; count: number }): string {
  const shown = names.slice(0, most).join(', ');
  return count > most ? `${shown} and ${count - most} more` : shown;
}
