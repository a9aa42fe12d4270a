import { resolve } from 'node:path';
import type { Command } from 'commander';
import { buildCatalogFile } from '../../core/core.ts';
import { exitCodes } from '../exit.ts';
import { addCoreFlags, type CoreFlags } from '../options.ts';
import { openSession } from '../session.ts';
import { reportStartFailure } from './start-failure.ts';

export function addCatalogCommands(program: Command): void {
  const catalog = program
    .command('catalog')
    .description('what games exist')
    .addHelpText('after', '\nExample:\n  $ lanspread catalog import /media/stick/catalog.json\n');
  addCoreFlags(catalog.command('import').description('load a catalog file with its covers').argument('<file>'))
    .addHelpText('after', '\nExample:\n  $ lanspread catalog import /media/stick/catalog.json\n')
    .action(async (file: string, flags: CoreFlags) => {
      process.exitCode = await importCatalog(resolve(file), flags);
    });
  catalog
    .command('build')
    .description('make a catalog file of a folder with one JSON file a game')
    .argument('<folder>')
    .option('-o, --output <file>', 'where to write it', 'catalog.json')
    .option('--name <name>', "the catalog's name")
    .addHelpText('after', '\nExample:\n  $ lanspread catalog build ./games --name "Friday night" -o catalog.json\n')
    .action(async (folder: string, { output, name }: { output: string; name?: string }) => {
      process.exitCode = await build({ folder: resolve(folder), output: resolve(output), name });
    });
}

async function importCatalog(path: string, flags: CoreFlags): Promise<number> {
  try {
    await using session = await openSession(flags);
    const { source } = await session.invoke('catalog.import', { path });
    process.stdout.write(`${source.name}: ${source.gameCount} games (${source.signed ? 'signed' : 'unsigned'}).\n`);
    return exitCodes.done;
  } catch (error) {
    return reportStartFailure(error);
  }
}

async function build({
  folder,
  output,
  name,
}: {
  folder: string;
  output: string;
  name: string | undefined;
}): Promise<number> {
  try {
    const { gameCount } = await buildCatalogFile({ folder, output, ...(name !== undefined && { name }) });
    process.stdout.write(`${output}: ${gameCount} games.\n`);
    return exitCodes.done;
  } catch (error) {
    return reportStartFailure(error);
  }
}
