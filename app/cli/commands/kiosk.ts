import type { Command } from 'commander';
import { NoAnswer, secretQuestions, type SecretQuestions } from '../ask-secret.ts';
import { exitCodes } from '../exit.ts';
import { addCoreFlags, type CoreFlags } from '../options.ts';
import { openSession, type Session } from '../session.ts';
import { reportStartFailure } from './start-failure.ts';

interface KioskFlags extends CoreFlags {
  pin?: string;
  json?: boolean;
}

type Work = (flags: KioskFlags) => Promise<void>;

/** Commands for the operator: the PIN, and kiosk mode on and off. */
export function addKioskCommands(program: Command): void {
  const kiosk = program
    .command('kiosk')
    .description('for operators: what a player at this PC may do')
    .addHelpText('after', '\nExample:\n  $ lanspread kiosk pin\n  $ lanspread kiosk on\n');
  const add = (name: string, description: string, work: Work): Command =>
    addCoreFlags(kiosk.command(name).description(description))
      .option('--pin <pin>', 'the PIN until now; asked for when it is needed and not given')
      .action(async (flags: KioskFlags) => {
        process.exitCode = await run(work, flags);
      });
  add('status', 'whether kiosk mode is on, and what it allows', showStatus).option('--json', 'as JSON');
  add('pin', 'set the PIN', setPin);
  add('on', 'lock this PC', async (flags) => {
    await using session = await openSession(flags);
    await session.invoke('settings.set', { name: 'kiosk', value: true });
    say('Kiosk mode is on.');
  });
  add('off', 'unlock this PC for good', async (flags) => {
    using questions = secretQuestions();
    const pin = await pinUntilNow(flags, questions, 'PIN: ');
    await using session = await openSession(flags);
    if (pin !== undefined) await session.invoke('kiosk.unlock', { pin });
    await session.invoke('settings.set', { name: 'kiosk', value: false });
    say('Kiosk mode is off.');
  });
}

async function run(work: Work, flags: KioskFlags): Promise<number> {
  try {
    await work(flags);
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof NoAnswer)) return reportStartFailure(error);
    process.stderr.write('lanspread: No PIN was given; nothing was changed. Run this at a terminal.\n');
    return error.wasInterrupted ? exitCodes.interrupted : exitCodes.usage;
  }
}

const showStatus: Work = async (flags) => {
  await using session = await openSession(flags);
  const status = await session.invoke('kiosk.status', {});
  if (flags.json) return say(JSON.stringify(status));
  say(`Kiosk mode is ${status.enabled ? 'on' : 'off'}; a PIN is ${status.hasPin ? 'set' : 'not set'}.`);
  say(`A player may look${status.actions.map((action) => `, ${action}`).join('')}.`);
  say(`A session ends after ${status.idleMinutes} minutes without input.`);
};

const setPin: Work = async (flags) => {
  using questions = secretQuestions();
  const old = await pinUntilNow(flags, questions, 'The PIN until now: ');
  const pin = await askNewPin(questions);
  await using session = await openSession(flags);
  if (old !== undefined) await session.invoke('kiosk.unlock', { pin: old });
  await session.invoke('kiosk.setPin', { pin });
  say('The PIN is set.');
};

/** The current PIN; undefined when kiosk mode is off. No core runs, and so nothing is locked, while a person types. */
async function pinUntilNow(
  flags: KioskFlags,
  questions: SecretQuestions,
  question: string,
): Promise<string | undefined> {
  const { enabled, hasPin } = await once(flags, (session) => session.invoke('kiosk.status', {}));
  if (!enabled) return undefined;
  // The core has the message for a lost PIN.
  return flags.pin ?? (hasPin ? await questions.ask(question) : '');
}

async function once<T>(flags: KioskFlags, work: (session: Session) => Promise<T>): Promise<T> {
  await using session = await openSession(flags);
  return await work(session);
}

/** The input is invisible, so a person types it twice. */
async function askNewPin(questions: SecretQuestions): Promise<string> {
  for (;;) {
    const pin = await questions.ask('New PIN: ');
    if (!questions.isTerminal || (await questions.ask('The same again: ')) === pin) return pin;
    process.stderr.write('These two differ.\n');
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
