import { test } from 'uvu';
import { testPeerKills } from '../support/peer-kills.ts';

testPeerKills('streamed install');
test.run();
