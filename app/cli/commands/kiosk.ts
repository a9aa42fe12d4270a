import { createInterface } from 'node:readline/promises';
import type { Command } from 'commander';
import { exitCodes } from '../exit.ts';
import { addCoreFlags, type CoreFlags } from '../options.ts';
import { openSession, type Session } from '../session.ts';
import { reportStartFailure } from './start-failure.ts';

interface KioskFlags extends CoreFlags {
  pin?: string;
  json?: boolean;
}

type Work = (session: Session, flags: KioskFlags) => Promise<void>;

/** For the operator: the PIN, and kiosk mode on and off. */
export function addKioskCommands(program: Command): void {
  const kiosk = program
    .command('kiosk')
    .description('for operators: what a player at this PC may do')
    .addHelpText('after', '\nExample:\n  $ lanspread kiosk pin\n  $ lanspread kiosk on\n');
  const add = (name: string, description: string, work: Work): Command =>
    addCoreFlags(kiosk.command(name).description(description))
      .option('--pin <pin>', 'the PIN; asked for where there is a terminal')
      .action(async (flags: KioskFlags) => {
        process.exitCode = await run(work, flags);
      });
  add('status', 'whether kiosk mode is on, and what it allows', showStatus).option('--json', 'as JSON');
  add('pin', 'set the PIN', async (session, flags) => {
    await unlock(session, flags, 'The PIN until now: ');
    await session.invoke('kiosk.setPin', { pin: await ask('New PIN: ') });
    say('The PIN is set.');
  });
  add('on', 'lock this PC', async (session) => {
    await session.invoke('settings.set', { name: 'kiosk', value: true });
    say('Kiosk mode is on.');
  });
  add('off', 'unlock this PC for good', async (session, flags) => {
    await unlock(session, flags, 'PIN: ');
    await session.invoke('settings.set', { name: 'kiosk', value: false });
    say('Kiosk mode is off.');
  });
}

async function run(work: Work, flags: KioskFlags): Promise<number> {
  try {
    await using session = await openSession(flags);
    await work(session, flags);
    return exitCodes.done;
  } catch (error) {
    return reportStartFailure(error);
  }
}

const showStatus: Work = async (session, { json }) => {
  const status = await session.invoke('kiosk.status', {});
  if (json) return say(JSON.stringify(status));
  say(`Kiosk mode is ${status.enabled ? 'on' : 'off'}; a PIN is ${status.hasPin ? 'set' : 'not set'}.`);
  say(`A player may look${status.actions.map((action) => `, ${action}`).join('')}.`);
  say(`A session ends after ${status.idleMinutes} minutes without input.`);
};

/** A core of our own is the operator's already; a running one in kiosk mode wants the PIN. */
async function unlock(session: Session, { pin }: KioskFlags, question: string): Promise<void> {
  const { enabled, locked } = await session.invoke('kiosk.status', {});
  if (enabled && locked) await session.invoke('kiosk.unlock', { pin: pin ?? (await ask(question)) });
}

async function ask(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await lines.question(question)).trim();
  } finally {
    lines.close();
  }
}

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}
