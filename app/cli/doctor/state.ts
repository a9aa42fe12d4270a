/** The part of `lanspread doctor` about the state folder: the database, the room's key, the running version. */
import { readStartRecord } from '../../boot/start-record.mjs';
import { errorAdvice, toCodedError } from '../../core/rpc/index.ts';
import type { StateCheckup } from '../../core/tools/state-checkup.ts';
import type { Finding } from './checks.ts';

interface StateFindings {
  readonly findings: readonly Finding[];
  readonly gamesDir?: string;
  readonly gamesDirIsKnown: boolean;
}

export async function checkStateDirectory(stateDir: string): Promise<StateFindings> {
  try {
    const { checkState } = await import('../../core/tools/state-checkup.ts');
    const checkup = await checkState(stateDir);
    const { gamesDir, gamesDirIsKnown } = checkup;
    return { findings: [...tellState(checkup), ...tellRefusals(stateDir)], gamesDir, gamesDirIsKnown };
  } catch (error) {
    const { message, next } = toCodedError(error);
    const finding: Finding = { name: 'Database', status: 'problem', detail: message, ...(next && { advice: next }) };
    return { findings: [finding], gamesDirIsKnown: false };
  }
}

/** Pure. Facts that are in order are only listed when a person may doubt them. */
function tellState({ database, roomKey, safeguardsDamage }: StateCheckup): Finding[] {
  const findings: Finding[] = [];
  if (database.kind === 'too-new')
    findings.push({
      name: 'Database',
      status: 'problem',
      detail: `a newer Lanspread wrote it (its version is ${database.version}, this one knows ${database.latest})`,
      advice: errorAdvice('STATE_TOO_NEW'),
    });
  if (database.kind === 'damaged')
    findings.push({
      name: 'Database',
      status: 'warning',
      detail: `it is damaged: ${database.reason}`,
      advice: 'Start Lanspread: it sets it aside and finds the games again.',
    });
  if (safeguardsDamage !== undefined)
    findings.push({
      name: 'Safeguards',
      status: 'warning',
      detail: `the file with kiosk mode and the PIN is damaged: ${safeguardsDamage}`,
      advice: 'Start Lanspread: it counts as locked until the PIN is typed.',
    });
  if (roomKey?.problem)
    findings.push({
      name: 'Room key',
      status: 'problem',
      detail: `${roomKey.path}: ${roomKey.problem.message}`,
      advice: 'This PC stays alone until the file is right: 32 bytes, the same on every PC of the room.',
    });
  else if (roomKey)
    findings.push({ name: 'Room key', status: 'ok', detail: `${roomKey.path}: only PCs with it are seen` });
  return findings;
}

function tellRefusals(stateDir: string): Finding[] {
  return readStartRecord(stateDir).refused.map(({ version, startedInstead, at, databaseSetAside }) => ({
    name: 'Version',
    status: 'warning' as const,
    detail:
      `${version} did not start twice and was taken back at ${at}; ${startedInstead} runs` +
      (databaseSetAside === undefined ? '' : `, with the database from before (${databaseSetAside} is the newer one)`),
    advice: 'Install a newer version when there is one.',
  }));
}
