import { MemoryDiscovery, MemoryLan } from '../../support/memory-discovery.ts';
import { discoveryCompliance } from '../../support/compliance/discovery.ts';

discoveryCompliance('discovery in memory', async () => {
  const lan = new MemoryLan();
  return {
    join: (announcement) => lan.join(announcement),
    async vanish(discovery) {
      if (discovery instanceof MemoryDiscovery) discovery.unplug();
    },
    async [Symbol.asyncDispose]() {},
  };
});
