/** A peer network in a process of its own: prints its addresses and id as JSON, then lives until it is killed. */
import { labNode } from '../../support/network-lab.ts';

const [what = 'live', address] = process.argv.slice(2);
const node = await labNode({ name: 'child' });
if (address) await node.network.connect(address);
process.stdout.write(`${JSON.stringify({ peerId: node.network.peerId, addresses: node.network.addresses() })}\n`);
// Whatever stop leaves open keeps this process alive.
if (what === 'stop') await node.network.stop();
