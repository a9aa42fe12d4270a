/**
 * The decisions of recovery for one game folder, as a table: intent × `local/` × staging × backup. Pure. With an intent
 * the folders count as ours even without the marker, because a crash can come before the marker. Without an intent only
 * the marker makes them ours. Combinations that the table does not know are left alone and reported.
 */
import type { IntentKind } from '../state/index.ts';
import { ownNames } from '../base/index.ts';

/** A folder with one of our names. `foreign`: something that is not a folder has the name. */
export type OwnedFolder = 'no' | 'marked' | 'unmarked' | 'foreign';

export interface RecoveryFacts {
  readonly intent: IntentKind | undefined;
  readonly local: 'no' | 'yes' | 'foreign';
  readonly staging: OwnedFolder;
  readonly backup: OwnedFolder;
  /** A regular `version.ini` directly in the game folder. */
  readonly sentinel: boolean;
  /** `.version.ini.tmp` or `.version.ini.discarded` is there. */
  readonly transients: boolean;
  /** The new tree was complete when the intent was left, and it is `local/`. Only checked where `needsTreeCheck`. */
  readonly localIsNewTree: boolean;
}

export type RecoveryStep =
  | 'delete-staging'
  | 'delete-backup'
  | 'restore-backup'
  /** Moves it to `.local.conflict-<time>`. */
  | 'set-local-aside'
  /** The intent's version is installed; clears the intent. */
  | 'record-installed'
  /** Nothing is installed; clears the intent. */
  | 'record-not-installed'
  | 'clear-intent'
  | 'sweep-sentinel-transients'
  /** The download is complete, so nothing of it can be resumed. */
  | 'forget-partial'
  | 'delete-root-if-made'
  | 'finish-removing';

interface RecoveryDecision {
  readonly steps: readonly RecoveryStep[];
  /** The reason in words, for a person. */
  readonly report?: string;
  /** What the person must do, where nothing else will settle it. */
  readonly advice?: string;
}

const nothing: RecoveryDecision = { steps: [] };
const unknown = (facts: RecoveryFacts): RecoveryDecision => ({
  steps: [],
  report: `unknown combination, nothing was touched: ${describe(facts)}`,
  advice: `Look into the game's folder: move what is yours out of ${inTheWay(facts).join(' and ')}, delete what is left of it, then start Lanspread again.`,
});

/** The names in a game folder that only a person may decide about. */
export function inTheWay({ intent, local, staging, backup }: RecoveryFacts): string[] {
  return [
    ...(local === 'foreign' || (local === 'yes' && intent === 'Removing') ? [ownNames.local] : []),
    ...(staging === 'no' ? [] : [ownNames.staging]),
    ...(backup === 'no' ? [] : [ownNames.backup]),
  ];
}

function describe({ intent, local, staging, backup }: RecoveryFacts): string {
  return `intent ${intent ?? 'none'}, local ${local}, staging ${staging}, backup ${backup}`;
}

/** Whether the decision needs a comparison of `local/` with the inventory of the new tree, which costs reading it. */
export function needsTreeCheck({ intent, local, staging, backup }: Omit<RecoveryFacts, 'localIsNewTree'>): boolean {
  const mayBeInstall = intent === 'Updating' || intent === 'Installing' || intent === 'Streaming';
  return mayBeInstall && local === 'yes' && staging === 'no' && backup === 'no';
}

export function decideRecovery(facts: RecoveryFacts): RecoveryDecision {
  const isForeign = facts.local === 'foreign' || facts.staging === 'foreign' || facts.backup === 'foreign';
  switch (facts.intent) {
    case 'Downloading':
      return facts.sentinel
        ? { steps: ['sweep-sentinel-transients', 'forget-partial', 'clear-intent'] }
        : { steps: ['sweep-sentinel-transients', 'clear-intent'] };
    case undefined:
      return sweeping(facts, isForeign ? unknown(facts) : withoutIntent(facts));
    case 'Removing':
      return present(facts) === '---' ? { steps: ['finish-removing', 'clear-intent'] } : unknown(facts);
    case 'Installing':
      return isForeign ? unknown(facts) : installing(facts);
    case 'Streaming':
      return isForeign ? unknown(facts) : streaming(facts);
    case 'Updating':
      return isForeign ? unknown(facts) : updating(facts);
    case 'Uninstalling':
      return isForeign ? unknown(facts) : uninstalling(facts);
  }
}

/** `L`, `S`, `B` for `local/`, staging and backup, each `-` if it is missing. */
function present({ local, staging, backup }: RecoveryFacts): string {
  return (local === 'no' ? '-' : 'L') + (staging === 'no' ? '-' : 'S') + (backup === 'no' ? '-' : 'B');
}

/** Sweeps the sentinel's transient files of a download whose journal was lost: they mean nothing any more. */
function sweeping({ transients }: RecoveryFacts, decision: RecoveryDecision): RecoveryDecision {
  return transients ? { ...decision, steps: ['sweep-sentinel-transients', ...decision.steps] } : decision;
}

function withoutIntent(facts: RecoveryFacts): RecoveryDecision {
  const { local, staging, backup } = facts;
  if (backup === 'unmarked') return left(facts, ownNames.backup);
  if (backup === 'no') {
    if (staging === 'unmarked') return left(facts, ownNames.staging);
    return staging === 'marked' ? { steps: ['delete-staging'] } : nothing;
  }
  if (local === 'no') {
    if (staging === 'unmarked') return { ...left(facts, ownNames.staging), steps: ['restore-backup'] };
    return { steps: ['restore-backup', ...(staging === 'marked' ? (['delete-staging'] as const) : [])] };
  }
  if (staging === 'no') return { steps: ['delete-backup'] };
  return staging === 'marked' ? strayLocal : left(facts, ownNames.staging);
}

function left(facts: RecoveryFacts, name: string): RecoveryDecision {
  return {
    steps: [],
    report: `${name} is not known to be Lanspread's and was left alone: ${describe(facts)}`,
    advice: `Look into ${name}: move what is yours out of the game's folder, then delete it. Until then the game cannot be installed, updated or removed.`,
  };
}

/** A `local/` appeared beside a backup and a staging. It may be somebody's, but so may the backup. */
const strayLocal: RecoveryDecision = {
  steps: ['set-local-aside', 'restore-backup', 'delete-staging'],
  report: 'a stray local folder was set aside and the earlier install restored',
  advice:
    'What was in the stray local folder is in .local.conflict-<time> now: take from it what is yours, then delete it.',
};

function installing(facts: RecoveryFacts): RecoveryDecision {
  switch (present(facts)) {
    case '---':
    case '-S-':
      return { steps: ['delete-staging', 'clear-intent'] };
    case 'L--':
      return { steps: [facts.localIsNewTree ? 'record-installed' : 'clear-intent'] };
    case 'LS-':
      return { steps: ['delete-staging', 'clear-intent'] };
    default:
      return unknown(facts);
  }
}

function streaming(facts: RecoveryFacts): RecoveryDecision {
  switch (present(facts)) {
    case '---':
    case '-S-':
      return { steps: ['delete-staging', 'delete-root-if-made', 'clear-intent'] };
    case 'L--':
      return { steps: [facts.localIsNewTree ? 'record-installed' : 'clear-intent'] };
    default:
      return unknown(facts);
  }
}

function updating(facts: RecoveryFacts): RecoveryDecision {
  switch (present(facts)) {
    case '--B':
    case '-SB':
      return { steps: ['restore-backup', 'delete-staging', 'clear-intent'] };
    case 'L-B':
      return { steps: ['delete-backup', 'record-installed'] };
    case 'LS-':
      return { steps: ['delete-staging', 'clear-intent'] };
    case 'LSB':
      return { ...strayLocal, steps: [...strayLocal.steps, 'clear-intent'] };
    case 'L--':
      return { steps: [facts.localIsNewTree ? 'record-installed' : 'clear-intent'] };
    default:
      return {
        steps: ['delete-staging', 'record-not-installed'],
        report: 'an update was under way, but neither the old nor the new install is there',
      };
  }
}

function uninstalling(facts: RecoveryFacts): RecoveryDecision {
  if (facts.local === 'no') return { steps: ['delete-backup', 'delete-root-if-made', 'record-not-installed'] };
  return { steps: [...(facts.backup === 'no' ? [] : (['delete-backup'] as const)), 'clear-intent'] };
}
