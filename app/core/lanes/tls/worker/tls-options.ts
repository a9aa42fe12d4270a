import { constants } from 'node:crypto';
import type { SecureContextOptions, TLSSocketOptions } from 'node:tls';

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
