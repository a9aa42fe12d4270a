/** Peers that are there and do nothing, in one process of their own. */
import { labNode, type LabNode } from '../../support/network-lab.ts';
import { answer } from '../bench.ts';

const nodes: LabNode[] = [];

answer({
  connect: async ({ address, peers }: { address: string; peers: number }) => {
    while (nodes.length < peers) {
      const node = await labNode();
      nodes.push(node);
      await node.network.connect(address);
    }
    return {};
  },
  count: async () => ({ connected: nodes.filter(({ network }) => network.peers().length > 0).length }),
});
