import { constants, createHash } from 'node:crypto';
import type { SecureContextOptions, TLSSocketOptions } from 'node:tls';
import type * as x509 from '@peculiar/x509';

/** What a node shows on its byte lane: made afresh at every start, known to others by its fingerprint alone. */
export interface LaneCertificate {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
  /** SHA-256 of the DER form, lower-case hex. */
  readonly fingerprint: string;
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 24 * 60 * 60 * 1000;

/** What earlier versions wrote in the place of the peer id. */
const namelessOwner = 'lanspread';

/**
 * A self-signed ECDSA P-256 certificate with the peer id of its owner. It is signed with its own key, so showing
 * it in a handshake proves the key, and the name in it proves whose it is: nobody can claim another peer's certificate. Its dates are wide, because PCs at a LAN party disagree about the time and
 * nobody checks them: trust comes from the fingerprint in Hello. `nowMs` is wall-clock time.
 */
export async function createLaneCertificate(nowMs: number, owner: string = namelessOwner): Promise<LaneCertificate> {
  const { X509CertificateGenerator } = await importX509();
  const keys = await crypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const certificate = await X509CertificateGenerator.createSelfSigned(
    {
      name: `CN=${owner}`,
      keys,
      signingAlgorithm: algorithm,
      notBefore: new Date(nowMs - 365 * dayMs),
      notAfter: new Date(nowMs + 3650 * dayMs),
    },
    crypto,
  );
  const privateKey = Buffer.from(await crypto.subtle.exportKey('pkcs8', keys.privateKey));
  return {
    certificatePem: certificate.toString('pem'),
    privateKeyPem: `-----BEGIN PRIVATE KEY-----\n${privateKey.toString('base64').replace(/(.{64})/g, '$1\n')}\n-----END PRIVATE KEY-----\n`,
    fingerprint: createHash('sha256').update(Buffer.from(certificate.rawData)).digest('hex'),
  };
}

/**
 * The library's dependency injection refuses to load without the metadata reflection API, of which it then uses what
 * untyped classes have: nothing. So it gets that, instead of one more dependency.
 */
async function importX509(): Promise<typeof x509> {
  for (const name of ['getMetadata', 'getOwnMetadata']) {
    if (!Reflect.has(Reflect, name)) Reflect.set(Reflect, name, () => undefined);
  }
  return await import('@peculiar/x509');
}

/** Whose a certificate says it is; undefined for one of an earlier version, which says nothing. */
export function ownerOf({ subject }: { readonly subject: string }): string | undefined {
  const name = /^CN=(.*)$/m.exec(subject)?.[1];
  return name === namelessOwner ? undefined : name;
}

/** Node's form of a fingerprint (`AB:CD:…`) as lower-case hex. */
export function normalizeFingerprint(fingerprint256: string): string {
  return fingerprint256.replaceAll(':', '').toLowerCase();
}

export interface Credentials {
  readonly certificatePem: string;
  readonly privateKeyPem: string;
}

/** What both ends agree on: TLS 1.3 alone, the cheapest sound cipher, no resumption (a resumed session shows no certificate). */
export function tlsOptions({ certificatePem, privateKeyPem }: Credentials): SecureContextOptions & TLSSocketOptions {
  return {
    cert: certificatePem,
    key: privateKeyPem,
    minVersion: 'TLSv1.3',
    maxVersion: 'TLSv1.3',
    ciphers: 'TLS_AES_128_GCM_SHA256',
    ecdhCurve: 'X25519',
    secureOptions: constants.SSL_OP_NO_TICKET,
  };
}
