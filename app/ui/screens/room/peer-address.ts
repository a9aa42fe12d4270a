/** Recognizes the kind of an address that a person typed. Pure. */

/**
 * `multiaddress`: is dialled at once. `host`: a name or an IP address, with or without a port, that the core asks again
 * and again while it is in the list.
 */
type AddressKind = 'multiaddress' | 'host' | 'bad';

const hostText = /^(?:\[[0-9a-f:.%]+\]|[\p{L}\p{N}](?:[\p{L}\p{N}.-]*[\p{L}\p{N}])?)(?::(\d{1,5}))?$/iu;
const bareIpv6 = /^[0-9a-f]*:[0-9a-f:.]*:[0-9a-f.]*$/i;

export function kindOfAddress(text: string): AddressKind {
  const given = text.trim();
  if (given.startsWith('/')) return 'multiaddress';
  if (bareIpv6.test(given)) return 'host';
  const match = hostText.exec(given);
  if (!match) return 'bad';
  const port = match[1] === undefined ? 1 : Number(match[1]);
  return port >= 1 && port <= 65_535 ? 'host' : 'bad';
}
