import { test } from 'uvu';
import { testPeerKills } from '../support/peer-kills.ts';

testPeerKills('cancelled update');
test.run();
