/** The contents of one version that PCs disagree about, as rows to choose from. Pure. */
import type { ContentChoice, GameView } from '../../core/rpc/contract.ts';
import type { Language } from '../i18n/define.ts';
import { formatBytes, formatList, translate } from '../i18n/translate.ts';
import { shortenNames } from './playing.ts';

interface ContentRow {
  readonly manifestHash: string;
  /** Who has it: Anna, Bela and 3 more. */
  readonly who: string;
  /** How many PCs and files, and the size where it is known. */
  readonly facts: string;
  /** The files in which it differs; undefined where none is told. */
  readonly files: string | undefined;
}

const mostNames = 3;
const mostFiles = 3;

export function contentRows(choices: readonly ContentChoice[], language: Language): ContentRow[] {
  const nameOf = uniqueNames(choices);
  const listed = (shown: readonly string[], count: number, most: number): string => {
    const { names } = shortenNames(shown, most);
    const more = count - names.length;
    const named = names.map(isolated);
    return formatList(language, more > 0 ? [...named, translate(language, 'content.more', { count: more })] : named);
  };
  return choices.map((choice): ContentRow => {
    const { manifestHash, peers, peerCount, pcCount, fileCount, sizeBytes, differingFiles, differingCount } = choice;
    return {
      manifestHash,
      who: listed(peers.map(nameOf), peerCount, mostNames),
      facts: [
        translate(language, 'unit.peers', { count: pcCount }),
        translate(language, 'unit.files', { count: fileCount }),
        ...(sizeBytes > 0 ? [formatBytes(language, sizeBytes)] : []),
      ].join(' · '),
      files: differingFiles.length > 0 ? listed(differingFiles, differingCount, mostFiles) : undefined,
    };
  });
}

/** Players may have the same name: then the end of the PC's id tells them apart. */
function uniqueNames(choices: readonly ContentChoice[]): (peerId: string) => string {
  const names = new Map(choices.flatMap(({ peers, names }) => peers.map((id, at) => [id, names[at] ?? ''] as const)));
  const counts = Map.groupBy(names.values(), (name) => name);
  return (peerId) => {
    const name = names.get(peerId) ?? '';
    const end = peerId.slice(-6);
    if (name === '' || name === peerId) return end;
    return (counts.get(name)?.length ?? 0) > 1 ? `${name} (${end})` : name;
  };
}

/** Names and paths are other people's text: whatever its direction, the words around it stay where they are. */
function isolated(text: string): string {
  return `\u2068${text}\u2069`;
}

type Getter =
  | { readonly command: 'update' | 'streamInstall' }
  | { readonly command: 'download'; readonly install: boolean };

/** The command that gets the chosen content: the one that failed. */
export function getterOf({ installed, lastFailure }: Pick<GameView, 'installed' | 'lastFailure'>): Getter {
  if (lastFailure?.operation === 'Streaming') return { command: 'streamInstall' };
  if (lastFailure?.install === false) return { command: 'download', install: false };
  return installed ? { command: 'update' } : { command: 'download', install: true };
}
