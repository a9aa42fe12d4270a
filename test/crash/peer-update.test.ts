import { test } from 'uvu';
import { testPeerKills } from '../support/peer-kills.ts';

testPeerKills('update');
test.run();
