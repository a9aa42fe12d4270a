import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { addActionCommands } from './commands/act.ts';
import { addCatalogCommands } from './commands/catalog.ts';
import { addDemoCommand } from './commands/demo.ts';
import { addDoctorCommand } from './commands/doctor.ts';
import { addGetCommand } from './commands/get.ts';
import { addNodeCommand } from './commands/node.ts';
import { addPeerCommand } from './commands/peer.ts';
import { addShowCommands } from './commands/show.ts';
import { addStartCommand } from './commands/start.ts';
import { exitCodes } from './exit.ts';

const manifest: { version: string } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

/** Runs the command line (no command: `start`); sets the exit code, never throws. */
export async function main(args: readonly string[]): Promise<void> {
  const program = new Command('lanspread')
    .description('A launcher for LAN parties: one shared game library, fetched from each other at wire speed.')
    .version(manifest.version)
    .showHelpAfterError('(`--help` shows what there is)')
    .addHelpText('after', '\nExample:\n  $ lanspread start\n')
    .exitOverride();
  addStartCommand(program);
  addNodeCommand(program);
  addPeerCommand(program);
  addGetCommand(program);
  addShowCommands(program);
  addActionCommands(program);
  addCatalogCommands(program);
  addDoctorCommand(program);
  addDemoCommand(program);
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
