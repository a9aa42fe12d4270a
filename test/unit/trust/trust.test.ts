import { execFileSync } from 'node:child_process';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { test } from 'uvu';
import * as assert from 'uvu/assert';
import { LanspreadError } from '../../../app/core/base/index.ts';
import {
  generateKeyPair,
  isSignedBy,
  parsePublicKey,
  parseSecretKey,
  parseSignature,
  signBytes,
  Trust,
} from '../../../app/core/trust/index.ts';
import { tempDir } from '../../support/temp.ts';

const text = Buffer.from('what is signed');

function codeOf(work: () => unknown): string {
  try {
    work();
  } catch (error) {
    return error instanceof LanspreadError ? error.code : String(error);
  }
  return 'accepted';
}

/** RFC 8032, 7.1, test 3: an independent witness. */
const rfc = {
  secret: 'c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7',
  public: 'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
  message: Buffer.from('af82', 'hex'),
  signature:
    '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
};

test('signatures are those of RFC 8032', () => {
  const pkcs8 = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.from(rfc.secret, 'hex')]);
  const pem = `-----BEGIN PRIVATE KEY-----\n${pkcs8.toString('base64')}\n-----END PRIVATE KEY-----\n`;
  const key = parseSecretKey(pem);
  assert.is(key.publicKey.hex, rfc.public);
  assert.is(signBytes(key, rfc.message).toString('hex'), rfc.signature);
  assert.ok(isSignedBy(parsePublicKey(rfc.public), rfc.message, Buffer.from(rfc.signature, 'hex')));
});

test('a public key is the same key in every form it is kept in', () => {
  const { publicKey, publicPem } = generateKeyPair();
  const raw = Buffer.from(publicKey.hex, 'hex');
  const field = (bytes: Buffer): Buffer => Buffer.concat([Buffer.from([0, 0, 0, bytes.length]), bytes]);
  const ssh = Buffer.concat([field(Buffer.from('ssh-ed25519')), field(raw)]).toString('base64');
  const forms: (string | Buffer)[] = [
    publicPem,
    Buffer.from(`${publicPem}\r\n`),
    raw,
    `${publicKey.hex.toUpperCase()}\n`,
    raw.toString('base64'),
    raw.toString('base64url'),
    `ssh-ed25519 ${ssh} somebody@cafe`,
  ];
  for (const form of forms) assert.equal(parsePublicKey(form).hex, publicKey.hex, String(form));
});

test('what is no Ed25519 key is refused, and a secret one where a public one belongs', () => {
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const rsaPublic = rsa.publicKey.export({ format: 'pem', type: 'spki' }).toString();
  const rsaSecret = rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  const x25519 = createPublicKey(generateKeyPairSync('x25519').privateKey).export({ format: 'pem', type: 'spki' });
  for (const bad of ['', 'hello', 'ab'.repeat(31), rsaPublic, x25519.toString(), generateKeyPair().secretPem])
    assert.is(
      codeOf(() => parsePublicKey(bad)),
      'KEY_INVALID',
      String(bad).slice(0, 40),
    );
  for (const bad of ['', 'hello', rsaSecret, generateKeyPair().publicPem])
    assert.is(
      codeOf(() => parseSecretKey(bad)),
      'KEY_INVALID',
      bad.slice(0, 40),
    );
});

test('a signature is of these bytes and this key alone', () => {
  const { secretPem, publicKey } = generateKeyPair();
  const signature = signBytes(parseSecretKey(secretPem), text);
  assert.ok(isSignedBy(publicKey, text, signature));
  assert.is(isSignedBy(generateKeyPair().publicKey, text, signature), false);
  assert.is(isSignedBy(publicKey, Buffer.concat([text, text]), signature), false);
  assert.is(isSignedBy(publicKey, text, signature.subarray(1)), false);
  for (let index = 0; index < signature.length; index += 1) {
    const bent = Buffer.from(signature);
    bent[index] = (bent[index] ?? 0) ^ 1;
    assert.is(isSignedBy(publicKey, text, bent), false, `byte ${index}`);
  }
});

test('a signature file may hold 64 bytes, hex or base64, and nothing else', () => {
  const signature = signBytes(parseSecretKey(generateKeyPair().secretPem), text);
  for (const form of [signature, `${signature.toString('hex')}\r\n`, `${signature.toString('base64')}\n`])
    assert.ok(parseSignature(Buffer.from(form)).equals(signature));
  for (const form of ['', 'no', signature.toString('hex').slice(1), 'A'.repeat(90)])
    assert.is(
      codeOf(() => parseSignature(Buffer.from(form))),
      'SIGNATURE_INVALID',
      form,
    );
});

test('openssl makes and checks the same signatures', async () => {
  try {
    execFileSync('openssl', ['version'], { timeout: 10_000 });
  } catch {
    return; // There is none on this PC.
  }
  await using folder = await tempDir('openssl');
  const { secretPem, publicPem, publicKey } = generateKeyPair();
  await writeFile(folder.join('key.pem'), secretPem);
  await writeFile(folder.join('key.pub'), publicPem);
  await writeFile(folder.join('text'), text);
  await writeFile(folder.join('ours.sig'), signBytes(parseSecretKey(secretPem), text));
  const openssl = (...args: string[]): Buffer =>
    execFileSync('openssl', ['pkeyutl', ...args], { cwd: folder.path, timeout: 10_000 });
  openssl('-verify', '-pubin', '-inkey', 'key.pub', '-rawin', '-in', 'text', '-sigfile', 'ours.sig');
  const theirs = openssl('-sign', '-inkey', 'key.pem', '-rawin', '-in', 'text');
  assert.ok(isSignedBy(publicKey, text, theirs));
});

test('anchors are the keys of the folders and of the settings, each once, by name; what is no key is left out', async () => {
  await using folder = await tempDir('anchors');
  const [one, two, three] = [generateKeyPair(), generateKeyPair(), generateKeyPair()];
  await mkdir(folder.join('mine/sub'), { recursive: true });
  await writeFile(folder.join('mine/cafe.pub'), one.publicPem);
  await writeFile(folder.join('mine/b.pem'), two.publicKey.hex);
  await writeFile(folder.join('mine/secret.pem'), three.secretPem);
  await writeFile(folder.join('mine/README.md'), three.publicPem);
  await writeFile(folder.join('mine/sub/deep.pub'), three.publicPem);
  await writeFile(folder.join('mine/huge.pub'), Buffer.alloc(20_000));
  const warnings: string[] = [];
  const keep = (_facts: object, message: string): void => void warnings.push(message);
  const logger = { debug() {}, info() {}, warn: keep, error: keep, child: () => logger };
  const trust = new Trust({
    directories: [folder.join('none'), folder.join('mine')],
    keys: () => [one.publicKey.hex, three.publicPem, 'no key'],
    logger,
  });
  assert.is(trust.anchors().length, 2);
  await trust.load();
  assert.equal(
    trust.anchors().map(({ name, key }) => [name, key.hex]),
    [
      ['b', two.publicKey.hex],
      ['cafe', one.publicKey.hex],
      ['settings', three.publicKey.hex],
    ],
  );
  const signature = signBytes(parseSecretKey(one.secretPem), text);
  assert.is(trust.signerOf(text, signature)?.name, 'cafe');
  assert.is(trust.signerOf(Buffer.from('other'), signature), undefined);
  assert.is(trust.find(generateKeyPair().publicKey.hex), undefined);
  assert.ok(warnings.length >= 3, warnings.join('\n'));
});

test.run();
