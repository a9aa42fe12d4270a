/** `lanspread peer` that breaks at a step of its disk, its database or its lane: see `break-points.ts`. */
import { Command } from 'commander';
import { addPeerCommand } from '../../app/cli/commands/peer.ts';
import { startCore } from '../../app/core/core.ts';
import { readBreakPoints } from './break-points.ts';

const { decorators, watch } = readBreakPoints();
const program = new Command('lanspread');
addPeerCommand(program, { start: async (options) => watch(await startCore({ ...options, decorate: decorators })) });
await program.parseAsync();
