import { test } from 'uvu';
import { testPeerKills } from '../support/peer-kills.ts';

testPeerKills('cancelled streamed install');
test.run();
