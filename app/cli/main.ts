import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { exitCodes } from './exit.ts';

const manifest: { version: string } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

type AddCommands = (program: Command) => void;

/**
 * One entry per command file, in the order of the help. Only the file of the given command is loaded: `start` runs as long as
 * the launcher, and needs nothing of the core.
 */
const commandFiles: readonly { readonly commands: readonly string[]; readonly load: () => Promise<AddCommands> }[] = [
  { commands: ['start'], load: async () => (await import('./commands/start.ts')).addStartCommand },
  { commands: ['core'], load: async () => (await import('./commands/core.ts')).addCoreCommand },
  { commands: ['node'], load: async () => (await import('./commands/node.ts')).addNodeCommand },
  { commands: ['peer'], load: async () => (await import('./commands/peer.ts')).addPeerCommand },
  { commands: ['get'], load: async () => (await import('./commands/get.ts')).addGetCommand },
  { commands: ['list', 'peers'], load: async () => (await import('./commands/show.ts')).addShowCommands },
  { commands: ['play'], load: async () => (await import('./commands/play.ts')).addPlayCommand },
  { commands: [], load: async () => (await import('./commands/act.ts')).addActionCommands },
  { commands: ['verify', 'repair'], load: async () => (await import('./commands/verify.ts')).addVerifyCommands },
  { commands: ['catalog'], load: async () => (await import('./commands/catalog.ts')).addCatalogCommands },
  { commands: ['extension'], load: async () => (await import('./commands/extension.ts')).addExtensionCommands },
  { commands: ['settings'], load: async () => (await import('./commands/settings.ts')).addSettingsCommand },
  { commands: ['kiosk'], load: async () => (await import('./commands/kiosk.ts')).addKioskCommands },
  { commands: ['quit'], load: async () => (await import('./commands/quit.ts')).addQuitCommand },
  { commands: ['doctor'], load: async () => (await import('./commands/doctor.ts')).addDoctorCommand },
  { commands: ['demo'], load: async () => (await import('./commands/demo.ts')).addDemoCommand },
];

/** Runs the command line (default: `start`) and sets the exit code; never throws. */
export async function main(args: readonly string[]): Promise<void> {
  const program = new Command('lanspread')
    .description('A launcher for LAN parties: one shared game library, fetched from each other at wire speed.')
    .version(manifest.version)
    .showHelpAfterError('(`--help` shows what there is)')
    .addHelpText('after', '\nExample:\n  $ lanspread start\n')
    .exitOverride();
  const [named = 'start'] = args;
  const files = commandFiles.filter(({ commands }) => commands.includes(named));
  for (const { load } of files.length > 0 ? files : commandFiles) (await load())(program);
  try {
    await program.parseAsync(args.length > 0 ? args : ['start'], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) {
      process.exitCode = error.exitCode === 0 ? exitCodes.done : exitCodes.usage;
      return;
    }
    process.stderr.write(`lanspread: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exitCode = exitCodes.failed;
  }
}
