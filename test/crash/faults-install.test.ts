import { test } from 'uvu';
import { testFaults } from '../support/operation-faults.ts';

testFaults('install');
test.run();
