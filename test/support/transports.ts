/** The transports of the control plane that this system has: QUIC only where its native part can be loaded. */

export type TestTransport = 'quic' | 'tcp';

const hasQuic = await import('@chainsafe/libp2p-quic').then(
  () => true,
  () => false,
);
if (!hasQuic) console.log('SKIP quic its native part is not installed; tests run over tcp');

export const transports: readonly TestTransport[] = hasQuic ? ['quic', 'tcp'] : ['tcp'];
/** The one that peers take when they may choose. */
export const firstTransport: TestTransport = hasQuic ? 'quic' : 'tcp';
