import { test } from 'uvu';
import { testFaults } from '../support/operation-faults.ts';

testFaults('uninstall of what was streamed');
test.run();
