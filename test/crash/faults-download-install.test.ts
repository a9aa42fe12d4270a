import { test } from 'uvu';
import { testFaults } from '../support/operation-faults.ts';

testFaults('download and install');
test.run();
