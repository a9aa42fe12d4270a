/**
 * The part of `lanspread doctor` about interrupted operations: the recovery's results, and the work that is left for a
 * person.
 */
import { toCodedError } from '../../core/rpc/index.ts';
import type { RecoveryCheckup } from '../../core/tools/recovery-checkup.ts';
import type { Finding } from './checks.ts';

/** The most games that are listed individually. */
const toldAtMost = 20;

/** The findings, and the last games folder in use. `gamesDir`: the current one if it is known. */
export async function checkBrokenOff(folders: {
  stateDir: string;
  gamesDir: string | undefined;
}): Promise<{ findings: Finding[]; gamesDir?: string }> {
  try {
    const { checkRecovery } = await import('../../core/tools/recovery-checkup.ts');
    const checkup = await checkRecovery(folders);
    return { findings: tellCheckup(checkup), ...(checkup.latest && { gamesDir: checkup.latest.gamesDir }) };
  } catch (error) {
    const { message } = toCodedError(error);
    return {
      findings: [{ name: 'Recovery', status: 'warning', detail: `what it did could not be read: ${message}` }],
    };
  }
}

/** Pure. */
export function tellCheckup({ latest, eventful, open, setAside }: RecoveryCheckup): Finding[] {
  if (!latest) return [{ name: 'Recovery', status: 'ok', detail: 'nothing ran with this state directory yet' }];
  const findings: Finding[] = [];
  const when = (at: string): string => at.replace('T', ' ').replace(/\.\d+Z$/, ' UTC');
  if (!latest.judged)
    findings.push({
      name: 'Recovery',
      status: 'warning',
      detail: `the games folder was not looked at: ${latest.reason ?? 'it is not there'} (${latest.gamesDir})`,
      advice: 'Plug in the drive or choose another games folder; Lanspread goes on by itself once it is there.',
    });
  const told = latest.tales.length > 0 || latest.stateMovedAside !== undefined ? latest : eventful;
  if (told?.stateMovedAside !== undefined)
    findings.push({
      name: 'Database',
      status: 'warning',
      detail: `it was damaged at ${when(told.at)}, lies as ${told.stateMovedAside} now, and was rebuilt from the games`,
      advice: 'Nothing, if your settings are right; the old file may be deleted.',
    });
  const isOpen = (tale: { gameId: string; action: string }): boolean =>
    open.some(({ gameId, action }) => gameId === tale.gameId && action === tale.action);
  const done = told?.tales.filter((tale) => !isOpen(tale)) ?? [];
  for (const { gameId, action } of done.slice(0, toldAtMost))
    findings.push({ name: 'Recovery', status: 'ok', detail: `${gameId}: ${action} (${when(told?.at ?? '')})` });
  if (done.length > toldAtMost)
    findings.push({ name: 'Recovery', status: 'ok', detail: `… and ${done.length - toldAtMost} more` });
  for (const { gameId, action, advice, paths } of open) {
    const where = paths ? ` [${paths.join(', ')}]` : '';
    findings.push({
      name: 'Recovery',
      status: 'problem',
      detail: `${gameId}: ${action}${where}`,
      ...(advice !== undefined && { advice }),
    });
  }
  for (const { gameId, path } of setAside)
    findings.push({
      name: 'Set aside',
      status: 'warning',
      detail: `${gameId}: ${path}`,
      advice: 'Take from it what is yours, then delete it; until then the download cannot be removed.',
    });
  if (findings.length === 0)
    findings.push({ name: 'Recovery', status: 'ok', detail: `nothing was broken off (${when(latest.at)})` });
  return findings;
}
