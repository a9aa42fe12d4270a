import { eagerFileSystem, nodeFileSystem, patientFileSystem, type FileSystem } from '../../../app/core/base/index.ts';
import { fileSystemCompliance, linkCompliance } from '../../support/compliance/file-system.ts';
import { faultFileSystem, systemError } from '../../support/fault-file-system.ts';
import { steppedFileSystem } from '../../support/stepped-file-system.ts';
import { windowsRules } from '../../support/windows-rules.ts';

const calm: [name: string, fileSystem: FileSystem][] = [
  ['real', nodeFileSystem],
  ['eager', eagerFileSystem],
  ['stepped', steppedFileSystem(nodeFileSystem, { before: () => undefined, after() {} })],
  ['fault-injecting', faultFileSystem(nodeFileSystem, () => undefined, { reads: true })],
  ['patient', patientFileSystem(nodeFileSystem, { isHeldHere: true })],
  ['strict', windowsRules(nodeFileSystem)],
];
for (const [name, fileSystem] of calm) fileSystemCompliance(name, fileSystem);
linkCompliance(calm.map(([, fileSystem]) => fileSystem));

// Every rename, delete and flush is refused once, as by a virus scanner: whoever asked for it does not know.
let isRefused = false;
const held = faultFileSystem(nodeFileSystem, ({ name }) => {
  if (name !== 'rename' && name !== 'flushFile' && !name.startsWith('delete')) return;
  isRefused = !isRefused;
  if (isRefused) throw systemError('EBUSY');
});
fileSystemCompliance('patient', patientFileSystem(held, { isHeldHere: true }));
