import { test } from 'uvu';
import { testFaults } from '../support/operation-faults.ts';

testFaults('uninstall');
test.run();
