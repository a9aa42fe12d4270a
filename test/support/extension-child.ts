/** A launcher with one extension that never lets go again; for tests that kill it. Prints the extension's process. */
import { describeFolder, hostLab } from './extension-host.ts';

const [folder = ''] = process.argv.slice(2);
const description = await describeFolder(folder);
// It is never given up for its silence here.
const lab = hostLab([description], { heartbeatMs: 600_000 });
const signal = AbortSignal.timeout(600_000);
await lab.host.catalogPage(description.id, 'bad', { configuration: 'good', signal });
const spinning = lab.host.catalogPage(description.id, 'bad', { configuration: 'spin', signal });
process.stdout.write(`${lab.host.states()[0]?.pid}\n`);
await spinning;
