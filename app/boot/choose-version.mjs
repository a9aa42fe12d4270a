// Plain JavaScript on purpose: it runs before a version of Lanspread is chosen.

/** A new version that has failed this often is taken back. */
export const triesBeforeTakingBack = 2;

/**
 * Which version starts. Pure.
 *
 * Only a version that has not reached `started` with this state yet can be taken back: a proven one that fails has
 * another reason. A try whose process still runs has not failed.
 *
 * @param {object} facts
 * @param {readonly string[]} facts.installed complete versions, the current one first, then the one before it
 * @param {import('./start-record.mjs').StartRecord} facts.record
 * @param {(pid: number) => boolean} facts.isAlive
 * @returns {Choice}
 *
 * @typedef {{ kind: 'none' }
 *   | { kind: 'start', version: string, counts: boolean }
 *   | { kind: 'take-back', from: string, to: string }} Choice
 */
export function chooseVersion({ installed, record, isAlive }) {
  if (record.takingBack && installed.includes(record.takingBack.to)) return { kind: 'take-back', ...record.takingBack };
  const isRefused = (version) => record.refused.some((refused) => refused.version === version);
  const accepted = installed.filter((version) => !isRefused(version));
  const [version, earlier] = accepted.length > 0 ? accepted : installed;
  if (version === undefined) return { kind: 'none' };
  if (version === record.proven || earlier === undefined || accepted.length === 0)
    return { kind: 'start', version, counts: false };
  const tries = record.tries.filter((one) => one.version === version);
  const failed = tries.filter(({ pid }) => !isAlive(pid));
  if (failed.length < triesBeforeTakingBack || failed.length < tries.length)
    return { kind: 'start', version, counts: true };
  return { kind: 'take-back', from: version, to: earlier };
}
