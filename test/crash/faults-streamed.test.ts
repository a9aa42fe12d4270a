import { test } from 'uvu';
import { testFaults } from '../support/operation-faults.ts';

testFaults('streamed install');
test.run();
