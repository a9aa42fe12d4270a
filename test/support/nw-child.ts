/** Runs the bundled NW.js background script as NW.js would, on a fake `nw`: `nw-child.ts <background.js> [arguments]`. */
import { createRequire } from 'node:module';
import { FakeNw } from './fake-nw.ts';

const [script = '', ...args] = process.argv.slice(2);
const handOverEveryMs = 20;

const fake = new FakeNw(args);
Object.assign(globalThis, { nw: fake.api() });
createRequire(import.meta.url)(script);

let told = '';
setInterval(() => {
  fake.handOver();
  const windows = fake.windows.filter(({ isOpen }) => isOpen).map(({ url }) => url);
  const text = JSON.stringify(windows);
  if (text !== told) process.send?.({ windows });
  told = text;
  if (fake.hasQuit) process.exit(0);
}, handOverEveryMs);

process.on('message', (message) => {
  if (message === 'quit') fake.tray?.items.find(({ label }) => label === 'Quit' || label === 'Beenden')?.click();
});
