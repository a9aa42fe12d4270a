import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { debianMirror } from '../../windows/apt-sources.ts';

const list = (text: string) => [{ name: '/etc/apt/sources.list', text }];
const sources = (text: string) => [{ name: '/etc/apt/sources.list.d/debian.sources', text }];

test('the mirror is the one that serves main of this release', () => {
  const text = `# deb http://commented.example/debian bookworm main
deb http://other.example/tools stable main
deb-src http://sources.example/debian bookworm main
deb http://security.example/debian-security bookworm-security main
deb [signed-by=/usr/share/keyrings/debian.gpg arch=amd64] http://mirror.example/debian bookworm contrib main # near
deb http://second.example/debian bookworm main
`;
  assert.is(debianMirror(list(text), 'bookworm'), 'http://mirror.example/debian');
  assert.is(debianMirror(list(text), 'trixie'), undefined);
});

test('stanzas are read with lists of words, lines that go on, and those that are switched off', () => {
  const text = `Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main
Enabled: no

# a comment
Types: deb deb-src
URIs: https://mirror.example/debian http://second.example/debian
Suites: bookworm
 bookworm-updates
Components: contrib
# in between
 main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc: def
 -----END PGP PUBLIC KEY BLOCK-----
`;
  assert.is(debianMirror(sources(text), 'bookworm'), 'https://mirror.example/debian');
  assert.is(debianMirror(sources(text), 'bookworm-updates'), 'https://mirror.example/debian');
  assert.is(debianMirror(sources(text), 'trixie'), undefined);
});

test('an address that debootstrap cannot fetch from here is none', () => {
  assert.is(debianMirror(list('deb cdrom:[Debian] bookworm main'), 'bookworm'), undefined);
  assert.is(debianMirror([], 'bookworm'), undefined);
});

test.run();
