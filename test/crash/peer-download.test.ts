import { test } from 'uvu';
import { testPeerKills } from '../support/peer-kills.ts';

testPeerKills('download and install');
test.run();
