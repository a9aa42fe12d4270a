import { isIP, isIPv6 } from 'node:net';
import { z } from 'zod';
import { cleanName } from '../../protocol/index.ts';
import { hostName, instanceName, isSameName, recordLimits, serviceName, type ServiceRecord } from './records.ts';

/** What a message says about one peer, checked but unproven. */
export interface Presentation {
  readonly peerId: string;
  readonly name: string;
  readonly protocol: number;
  readonly udpPort?: number | undefined;
  readonly tcpPort?: number | undefined;
  /** How long to believe it, in milliseconds. */
  readonly ttlMs: number;
  /** The A and AAAA records of its host name, without scope. */
  readonly addresses: readonly string[];
}

const peerIdPattern = /^[0-9A-Za-z]{4,63}$/;
const portSchema = z
  .string()
  .regex(/^\d{1,5}$/)
  .transform(Number)
  .pipe(z.int().min(1).max(65_535));
const attributesSchema = z.object({
  id: z.string().regex(peerIdPattern),
  proto: z
    .string()
    .regex(/^\d{1,6}$/)
    .transform(Number),
  name: z.string().optional(),
  quic: portSchema.optional(),
  tcp: portSchema.optional(),
});

function readAttributes(data: unknown): z.infer<typeof attributesSchema> | undefined {
  const texts = Array.isArray(data) ? data : [data];
  const attributes: Record<string, string> = {};
  for (const text of texts.slice(0, 32)) {
    if (!Buffer.isBuffer(text)) return undefined;
    const line = text.toString();
    const equals = line.indexOf('=');
    const key = line.slice(0, equals).toLowerCase();
    // RFC 6763, section 6.4: the first of several equal keys counts.
    if (equals > 0 && !Object.hasOwn(attributes, key)) attributes[key] = line.slice(equals + 1);
  }
  return attributesSchema.safeParse(attributes).data;
}

const unreachable = (address: string): boolean =>
  isIP(address) === 0 ||
  /^(0\.|127\.|22[4-9]\.|2[3-5]\d\.|::1?$|ff)/i.test(address) ||
  (isIPv6(address) && address.includes('.'));

function addressesOf(peerId: string, records: readonly ServiceRecord[]): string[] {
  const host = hostName(peerId);
  const found = new Set<string>();
  for (const { type, name, data, ttl } of records) {
    if ((type !== 'A' && type !== 'AAAA') || ttl === 0 || !isSameName(name, host)) continue;
    if (typeof data === 'string' && !unreachable(data) && found.size < recordLimits.addresses) found.add(data);
  }
  return [...found];
}

/** The peers that present themselves in a message. A TXT record whose id is not its instance's name is no presentation. */
export function readPresentations(records: readonly ServiceRecord[]): Presentation[] {
  const found = new Map<string, Presentation>();
  for (const { type, name, data, ttl = 0 } of records) {
    if (type !== 'TXT' || ttl === 0) continue;
    const attributes = readAttributes(data);
    if (!attributes || !isSameName(name, instanceName(attributes.id))) continue;
    found.set(attributes.id, {
      peerId: attributes.id,
      name: cleanName(attributes.name ?? '', recordLimits.nameBytes),
      protocol: attributes.proto,
      udpPort: attributes.quic,
      tcpPort: attributes.tcp,
      ttlMs: Math.min(Math.max(ttl * 1_000, recordLimits.minTtlMs), recordLimits.ttlMs),
      addresses: addressesOf(attributes.id, records),
    });
  }
  return [...found.values()];
}

/** The peer id that a pointer of the service leads to; undefined for any other record. */
export function pointedPeerId(record: ServiceRecord): string | undefined {
  if (record.type !== 'PTR' || !isSameName(record.name, serviceName) || typeof record.data !== 'string') return;
  const [peerId = '', ...rest] = record.data.split('.');
  return peerIdPattern.test(peerId) && isSameName(rest.join('.'), serviceName) ? peerId : undefined;
}

/** The peers that say goodbye in a message. */
export function readGoodbyes(records: readonly ServiceRecord[]): string[] {
  return records
    .filter(({ ttl }) => ttl === 0)
    .map(pointedPeerId)
    .filter((peerId) => peerId !== undefined);
}
