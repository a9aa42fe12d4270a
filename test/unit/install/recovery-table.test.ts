import { test } from 'uvu';
import * as assert from 'uvu/assert';
import {
  decideRecovery,
  inTheWay,
  type OwnedFolder,
  type RecoveryStep,
  type RecoveryFacts,
} from '../../../app/core/install/recovery-table.ts';

type Intent = RecoveryFacts['intent'];
const none: RecoveryFacts = {
  intent: undefined,
  local: 'no',
  staging: 'no',
  backup: 'no',
  sentinel: false,
  transients: false,
  localIsNewTree: false,
};

function steps(facts: Partial<RecoveryFacts>): readonly RecoveryStep[] {
  return decideRecovery({ ...none, ...facts }).steps;
}

function report(facts: Partial<RecoveryFacts>): string | undefined {
  return decideRecovery({ ...none, ...facts }).report;
}

const locals = ['no', 'yes'] as const;
const folders = ['no', 'marked', 'unmarked'] as const;
const there = ['marked', 'unmarked'] as const;

test('without an intent, a settled root is left in peace', () => {
  for (const local of locals) assert.equal(decideRecovery({ ...none, local }), { steps: [] });
});

test('without an intent, marked staging is deleted', () => {
  for (const local of locals) assert.equal(steps({ local, staging: 'marked' }), ['delete-staging']);
});

test('without an intent, a marked backup beside an install is deleted: the promote was finished', () => {
  assert.equal(steps({ local: 'yes', backup: 'marked' }), ['delete-backup']);
});

test('without an intent, a marked backup with no install is restored', () => {
  assert.equal(steps({ backup: 'marked' }), ['restore-backup']);
  assert.equal(steps({ backup: 'marked', staging: 'marked' }), ['restore-backup', 'delete-staging']);
});

test('without an intent, install, staging and backup together are a lost update: the stray install is set aside', () => {
  const facts = { local: 'yes', staging: 'marked', backup: 'marked' } as const;
  assert.equal(steps(facts), ['set-local-aside', 'restore-backup', 'delete-staging']);
  assert.ok(report(facts));
});

test('without an intent, unmarked folders are left and reported', () => {
  for (const local of locals) {
    assert.equal(steps({ local, staging: 'unmarked' }), []);
    assert.ok(report({ local, staging: 'unmarked' }));
    for (const staging of folders) {
      assert.equal(steps({ local, staging, backup: 'unmarked' }), []);
      assert.ok(report({ local, staging, backup: 'unmarked' }));
    }
  }
  assert.equal(steps({ staging: 'unmarked', backup: 'marked' }), ['restore-backup']);
  assert.ok(report({ staging: 'unmarked', backup: 'marked' }));
});

test('without an intent, what a lost download left of its sentinel is swept, and nothing else changes', () => {
  for (const facts of everyCombination()) {
    if (facts.intent !== undefined) continue;
    const { steps: others, ...rest } = decideRecovery(facts);
    const swept = decideRecovery({ ...facts, transients: true });
    assert.equal(swept, { ...rest, steps: ['sweep-sentinel-transients', ...others] });
  }
});

test('what only a person can settle is named, with what to do', () => {
  for (const facts of everyCombination()) {
    const { report: told, advice, steps: done } = decideRecovery(facts);
    const what = JSON.stringify(facts);
    if (told === undefined || done.includes('record-not-installed')) continue;
    assert.ok(advice, what);
    if (done.includes('set-local-aside')) continue;
    assert.ok(inTheWay(facts).length > 0, what);
    assert.ok(
      inTheWay(facts).some((name) => advice?.includes(name)),
      what,
    );
  }
});

test('an install broken off is undone', () => {
  for (const staging of folders)
    assert.equal(steps({ intent: 'Installing', staging }), ['delete-staging', 'clear-intent']);
});

test('an install that was promoted before the crash counts', () => {
  assert.equal(steps({ intent: 'Installing', local: 'yes', localIsNewTree: true }), ['record-installed']);
});

test('a local folder that is not what was being installed is kept, but not taken for the version', () => {
  assert.equal(steps({ intent: 'Installing', local: 'yes' }), ['clear-intent']);
  for (const staging of there)
    assert.equal(steps({ intent: 'Installing', local: 'yes', staging }), ['delete-staging', 'clear-intent']);
});

test('an update broken off after the swap began brings the old install back', () => {
  for (const staging of folders)
    for (const backup of there)
      assert.equal(steps({ intent: 'Updating', staging, backup }), [
        'restore-backup',
        'delete-staging',
        'clear-intent',
      ]);
});

test('an update that was promoted is finished', () => {
  for (const backup of there)
    assert.equal(steps({ intent: 'Updating', local: 'yes', backup }), ['delete-backup', 'record-installed']);
});

test('an update whose swap had not begun leaves the old install', () => {
  for (const staging of there)
    assert.equal(steps({ intent: 'Updating', local: 'yes', staging }), ['delete-staging', 'clear-intent']);
});

test('an update with a stray install sets it aside and restores the backup', () => {
  for (const staging of there)
    for (const backup of there) {
      const facts = { intent: 'Updating', local: 'yes', staging, backup } as const;
      assert.equal(steps(facts), ['set-local-aside', 'restore-backup', 'delete-staging', 'clear-intent']);
      assert.ok(report(facts));
    }
});

test('an update with only an install left is judged by the new inventory', () => {
  assert.equal(steps({ intent: 'Updating', local: 'yes', localIsNewTree: true }), ['record-installed']);
  assert.equal(steps({ intent: 'Updating', local: 'yes', localIsNewTree: false }), ['clear-intent']);
});

test('an update with nothing left is told', () => {
  for (const staging of folders) {
    assert.equal(steps({ intent: 'Updating', staging }), ['delete-staging', 'record-not-installed']);
    assert.ok(report({ intent: 'Updating', staging }));
  }
});

test('an uninstall is finished forward', () => {
  for (const staging of folders)
    for (const backup of folders)
      assert.equal(steps({ intent: 'Uninstalling', staging, backup }), [
        'delete-backup',
        'delete-root-if-made',
        'record-not-installed',
      ]);
});

test('an uninstall that had not begun leaves the install', () => {
  for (const staging of folders)
    assert.equal(steps({ intent: 'Uninstalling', local: 'yes', staging }), ['clear-intent']);
});

test('an uninstall with both keeps the install and deletes the backup', () => {
  for (const staging of folders)
    for (const backup of there)
      assert.equal(steps({ intent: 'Uninstalling', local: 'yes', staging, backup }), ['delete-backup', 'clear-intent']);
});

test('a streamed install broken off is undone, with the root that it made', () => {
  for (const staging of folders)
    assert.equal(steps({ intent: 'Streaming', staging }), ['delete-staging', 'delete-root-if-made', 'clear-intent']);
});

test('a streamed install that was promoted counts', () => {
  assert.equal(steps({ intent: 'Streaming', local: 'yes', localIsNewTree: true }), ['record-installed']);
  assert.equal(steps({ intent: 'Streaming', local: 'yes' }), ['clear-intent']);
});

test('a download is complete with its sentinel, resumable without, and its folders are not looked at', () => {
  for (const local of ['no', 'yes', 'foreign'] as const)
    for (const folder of ['no', 'marked', 'unmarked', 'foreign'] as const) {
      const facts = { intent: 'Downloading', local, staging: folder, backup: folder } as const;
      assert.equal(steps({ ...facts, sentinel: true }), [
        'sweep-sentinel-transients',
        'forget-partial',
        'clear-intent',
      ]);
      assert.equal(steps(facts), ['sweep-sentinel-transients', 'clear-intent']);
    }
});

test('a removal goes on only when there is nothing of the player in the root', () => {
  assert.equal(steps({ intent: 'Removing' }), ['finish-removing', 'clear-intent']);
  assert.equal(steps({ intent: 'Removing', local: 'yes' }), []);
  assert.ok(report({ intent: 'Removing', local: 'yes' }));
  for (const folder of there) {
    assert.ok(report({ intent: 'Removing', staging: folder }));
    assert.ok(report({ intent: 'Removing', backup: folder }));
  }
});

function* everyCombination(): Generator<RecoveryFacts> {
  const intents: Intent[] = [
    undefined,
    'Downloading',
    'Installing',
    'Updating',
    'Uninstalling',
    'Streaming',
    'Removing',
  ];
  const owned: OwnedFolder[] = ['no', 'marked', 'unmarked', 'foreign'];
  for (const intent of intents)
    for (const local of ['no', 'yes', 'foreign'] as const)
      for (const staging of owned)
        for (const backup of owned)
          for (const sentinel of [false, true])
            for (const localIsNewTree of [false, true])
              yield { intent, local, staging, backup, sentinel, transients: false, localIsNewTree };
}

test('every combination either settles, ends its intent, or touches nothing and says so', () => {
  let count = 0;
  for (const facts of everyCombination()) {
    count += 1;
    const decision = decideRecovery(facts);
    const what = JSON.stringify(facts);
    if (facts.intent === undefined) {
      const isSettled = facts.staging === 'no' && facts.backup === 'no' && facts.local !== 'foreign';
      if (!isSettled) assert.ok(decision.steps.length > 0 || decision.report, what);
    } else if (decision.steps.length === 0) assert.ok(decision.report, what);
    else {
      const last = decision.steps.at(-1);
      assert.ok(last === 'clear-intent' || last === 'record-installed' || last === 'record-not-installed', what);
    }
  }
  assert.is(count, 7 * 3 * 4 * 4 * 2 * 2);
});

test("no combination deletes what may be a player's: local is only ever set aside, foreign names never touched", () => {
  for (const facts of everyCombination()) {
    const decision = decideRecovery(facts);
    const what = JSON.stringify(facts);
    if (facts.intent !== 'Downloading' && [facts.local, facts.staging, facts.backup].includes('foreign'))
      assert.equal(decision.steps, [], what);
    if (facts.intent === undefined && facts.staging === 'unmarked')
      assert.not.ok(decision.steps.includes('delete-staging'), what);
    if (facts.intent === undefined && facts.backup === 'unmarked') assert.equal(decision.steps, [], what);
    // A backup is deleted only when an install stands in its place, or when it is an uninstall's.
    if (decision.steps.includes('delete-backup') && facts.intent !== 'Uninstalling')
      assert.is(facts.local, 'yes', what);
    if (decision.steps.includes('finish-removing')) assert.is(facts.local, 'no', what);
    if (decision.steps.includes('restore-backup') && facts.local === 'yes')
      assert.is(decision.steps[0], 'set-local-aside', what);
  }
});

test.run();
