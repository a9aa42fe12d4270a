import { isIP, isIPv4, isIPv6 } from 'node:net';
import {
  type Answer,
  AUTHORITATIVE_ANSWER,
  decode,
  type DecodedPacket,
  encode,
  type Question,
  TRUNCATED_RESPONSE,
} from 'dns-packet';
import { z } from 'zod';
import { cleanName } from '../../protocol/index.ts';
import type { Announcement } from './types.ts';

/** The DNS-SD service of a node (RFC 6763), its instance named by the peer id. */
export const serviceName = '_lanspread._udp.local';
/** Where DNS-SD lists all service types of a network (RFC 6763, section 9). */
export const enumerationName = '_services._dns-sd._udp.local';

/** How long others may believe a record, in seconds (RFC 6762, section 10: records that hold an address). */
export const recordTtlS = 120;
/** What a one-shot asker may believe, in seconds (RFC 6762, section 6.7). */
const legacyTtlS = 10;
/** Keeps a message in one Ethernet frame, with room for tunnels. */
const messageBytes = 1_200;

/** Bounds on what a stranger's message may make us remember. */
const recordLimits = { records: 256, nameBytes: 63, addresses: 8, ttlMs: 600_000, minTtlMs: 10_000 } as const;

const usedTypes: ReadonlySet<string> = new Set(['PTR', 'SRV', 'TXT', 'A', 'AAAA']);

/** Messages that one socket reads in a second; a flood beyond it is dropped unread. */
export const messagesPerSecond = 1_000;

/** The records used here; everything else in a message is skipped. */
export type ServiceRecord = Extract<Answer, { type: string; data: unknown }>;

export interface DecodedMessage {
  readonly id: number;
  readonly kind: 'query' | 'response';
  /** More known answers follow in another message (RFC 6762, section 7.2). */
  readonly truncated: boolean;
  readonly questions: readonly Question[];
  readonly answers: readonly ServiceRecord[];
  readonly additionals: readonly ServiceRecord[];
}

export const instanceName = (peerId: string): string => `${peerId}.${serviceName}`;
/** An own host name: that of the machine belongs to the system's responder, which would defend it. */
export const hostName = (peerId: string): string => `${peerId}.local`;
export const isSameName = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();

/** The records that a node answers with and announces on one interface. `ttlS: 0` makes them a goodbye. */
export function ownRecords(
  announcement: Announcement,
  addresses: readonly string[],
  { ttlS = recordTtlS }: { ttlS?: number } = {},
): ServiceRecord[] {
  const { peerId, name, protocolVersion, quicPort, tcpPort } = announcement;
  const instance = instanceName(peerId);
  const host = hostName(peerId);
  const attributes = [`id=${peerId}`, `proto=${protocolVersion}`, `name=${cleanName(name, recordLimits.nameBytes)}`];
  if (quicPort) attributes.push(`quic=${quicPort}`);
  if (tcpPort) attributes.push(`tcp=${tcpPort}`);
  const unique = { ttl: ttlS, class: 'IN', flush: true } as const;
  return [
    { type: 'PTR', name: serviceName, ttl: ttlS, class: 'IN', data: instance },
    { type: 'SRV', name: instance, ...unique, data: { port: quicPort ?? tcpPort ?? 0, target: host } },
    { type: 'TXT', name: instance, ...unique, data: attributes.map((text) => Buffer.from(text)) },
    ...addresses.map(
      (address): ServiceRecord => ({ type: isIPv4(address) ? 'A' : 'AAAA', name: host, ...unique, data: address }),
    ),
  ];
}

/** The pointer from the list of service types; answered when asked for, never announced. */
export const enumerationRecord: ServiceRecord = {
  type: 'PTR',
  name: enumerationName,
  ttl: recordTtlS,
  class: 'IN',
  data: serviceName,
};

/** The pointer to an instance, as it stands in a list of known answers. */
export const pointerRecord = (peerId: string, ttlS: number): ServiceRecord => ({
  type: 'PTR',
  name: serviceName,
  ttl: ttlS,
  class: 'IN',
  data: instanceName(peerId),
});

export function encodeResponse(answers: readonly ServiceRecord[], additionals: readonly ServiceRecord[] = []): Buffer {
  return encode({
    type: 'response',
    flags: AUTHORITATIVE_ANSWER,
    answers: [...answers],
    additionals: [...additionals],
  });
}

/** A unicast answer to a resolver that does not speak multicast DNS: id and questions repeated, short-lived, no flush bit. */
export function encodeLegacyResponse(
  query: DecodedMessage,
  answers: readonly ServiceRecord[],
  additionals: readonly ServiceRecord[],
): Buffer {
  const plain = (record: ServiceRecord): ServiceRecord => ({
    ...record,
    ttl: Math.min(record.ttl ?? 0, legacyTtlS),
    flush: false,
  });
  return encode({
    type: 'response',
    id: query.id,
    flags: AUTHORITATIVE_ANSWER,
    // Those answered: a stranger's other names need not survive being encoded again.
    questions: query.questions
      .filter(({ name }) => answers.some((answer) => isSameName(answer.name, name)))
      .slice(0, 8),
    answers: answers.map(plain),
    additionals: additionals.map(plain),
  });
}

interface QueryParts {
  readonly questions: readonly Question[];
  /** Peers that are known already and need not answer. Those that do not fit go into further messages. */
  readonly knownAnswers?: readonly ServiceRecord[];
  /** The asker's own records, in a probe. */
  readonly additionals?: readonly ServiceRecord[];
}

/** A query in as many messages as its known answers need; the first has the questions. */
export function encodeQuery({ questions, knownAnswers = [], additionals = [] }: QueryParts): Buffer[] {
  const parts: ServiceRecord[][] = [[]];
  let sizeBytes = 0;
  for (const record of knownAnswers) {
    const recordBytes = encode({ type: 'response', answers: [record] }).length;
    if (sizeBytes + recordBytes > messageBytes && sizeBytes > 0) {
      parts.push([]);
      sizeBytes = 0;
    }
    parts.at(-1)?.push(record);
    sizeBytes += recordBytes;
  }
  return parts.map((answers, index) =>
    encode({
      type: 'query',
      flags: index < parts.length - 1 ? TRUNCATED_RESPONSE : 0,
      questions: index === 0 ? [...questions] : [],
      answers,
      additionals: index === 0 ? [...additionals] : [],
    }),
  );
}

const isUsed = (record: Answer): record is ServiceRecord => usedTypes.has(record.type) && 'data' in record;

/** Reads a message from the network; undefined when it is not a well-formed message of this protocol. Never throws. */
export function decodeMessage(bytes: Buffer): DecodedMessage | undefined {
  if (bytes.length < 12) return undefined;
  const counts = [4, 6, 8, 10].map((offset) => bytes.readUInt16BE(offset));
  // Before the decoder allocates by these numbers.
  if (counts.reduce((sum, count) => sum + count, 0) > recordLimits.records) return undefined;
  let packet: DecodedPacket;
  try {
    packet = decode(bytes);
  } catch {
    // Anybody on the network can send anything to this port: not worth a log line each.
    return undefined;
  }
  // RFC 6762, section 18: other opcodes and error codes are ignored.
  if (((packet.flags ?? 0) & 0x78_0f) !== 0) return undefined;
  return {
    id: packet.id ?? 0,
    kind: packet.flag_qr ? 'response' : 'query',
    truncated: packet.flag_tc,
    questions: packet.questions ?? [],
    answers: (packet.answers ?? []).filter(isUsed),
    additionals: (packet.additionals ?? []).filter(isUsed),
  };
}

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
