/** Whether a folder will do for games, and how that is said. Pure. */
import type { FolderReport } from '../../../core/rpc/contract.ts';
import type { MessageKey } from '../../i18n/messages/index.ts';

export interface FolderVerdict {
  /** `care`: it will do, but not for long. */
  readonly tone: 'good' | 'care' | 'bad';
  readonly texts: readonly MessageKey[];
  readonly reason?: string;
  readonly space?: Pick<FolderReport, 'freeBytes' | 'totalBytes'>;
}

/** Below this a folder is hardly worth choosing, in bytes. */
const littleBytes = 10e9;

/** Checks that do not need the core. */
export function verdictOfText(path: string): FolderVerdict | undefined {
  if (path.trim() === '') return { tone: 'bad', texts: ['folder.empty'] };
  if (!/^(?:\/|[a-z]:[\\/]|\\\\)/i.test(path.trim())) return { tone: 'bad', texts: ['folder.relative'] };
  return undefined;
}

export function verdictOfReport(report: FolderReport): FolderVerdict {
  const { freeBytes, totalBytes } = report;
  // A volume without a size is no disk, but a virtual file system.
  if (totalBytes === 0) return { tone: 'bad', texts: ['folder.notWritable'] };
  const space = { freeBytes, totalBytes };
  if (!report.writable) return { tone: 'bad', texts: ['folder.notWritable'], space };
  const there: MessageKey[] = report.exists ? [] : ['folder.willMake'];
  if (freeBytes < littleBytes) return { tone: 'care', texts: [...there, 'folder.little'], space };
  return { tone: 'good', texts: report.exists ? ['folder.ok'] : there, space };
}

/** The core refused, or it does not answer. */
export function verdictOfRefusal(code: string | undefined, reason: string): FolderVerdict {
  if (code === 'INVALID_PATH') return { tone: 'bad', texts: ['folder.relative'] };
  if (code === 'PERMISSION_DENIED') return { tone: 'bad', texts: ['folder.notWritable'] };
  return { tone: 'bad', texts: ['folder.unknown'], reason };
}
