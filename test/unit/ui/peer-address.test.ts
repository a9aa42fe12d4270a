import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { kindOfAddress } from '../../../app/ui/screens/room/peer-address.ts';
import { parseStaticHost } from '../../../app/core/peers/discovery/prober.ts';

test('a multiaddress is dialled, whatever stands in it: the core judges that', () => {
  assert.is(kindOfAddress(' /ip4/192.168.1.5/udp/4001/quic-v1'), 'multiaddress');
});

test('what is taken for a host here is one for the core, too', () => {
  for (const host of ['192.168.1.5', '10.0.3.7:47624', 'seat-07.local', 'nas', 'fd00::7', '[fd00::7]:47624', '::1']) {
    assert.is(kindOfAddress(host), 'host', host);
    assert.ok(parseStaticHost(host), host);
  }
});

test('neither an address nor a host is said to be one', () => {
  for (const text of ['', 'over there', 'nas:0', 'nas:70000', 'http://nas', '-nas', 'nas:port'])
    assert.is(kindOfAddress(text), 'bad', text);
});

test.run();
