import { test } from 'uvu';
import { testPeerKills } from '../support/peer-kills.ts';

testPeerKills('repair');
test.run();
