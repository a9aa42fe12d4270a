import { eagerFileSystem, nodeFileSystem, patientFileSystem, steppedFileSystem } from '../../../app/core/base/index.ts';
import { fileSystemCompliance } from '../../support/compliance/file-system.ts';
import { faultFileSystem, systemError } from '../../support/fault-file-system.ts';

fileSystemCompliance('real', nodeFileSystem);
fileSystemCompliance('eager', eagerFileSystem);
fileSystemCompliance('stepped', steppedFileSystem(nodeFileSystem, { before: () => undefined, after() {} }));
fileSystemCompliance(
  'fault-injecting',
  faultFileSystem(nodeFileSystem, () => undefined, { reads: true }),
);
fileSystemCompliance('patient', patientFileSystem(nodeFileSystem, { isHeldHere: true }));

// Every rename, delete and flush is refused once, as by a virus scanner: whoever asked for it does not know.
let isRefused = false;
const held = faultFileSystem(nodeFileSystem, ({ name }) => {
  if (name !== 'rename' && name !== 'flushFile' && !name.startsWith('delete')) return;
  isRefused = !isRefused;
  if (isRefused) throw systemError('EBUSY');
});
fileSystemCompliance('patient', patientFileSystem(held, { isHeldHere: true }));
