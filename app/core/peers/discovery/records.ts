import { isIPv4 } from 'node:net';
import {
  AUTHORITATIVE_ANSWER,
  decode,
  encode,
  TRUNCATED_RESPONSE,
  type Answer,
  type DecodedPacket,
  type Question,
} from 'dns-packet';
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
export const recordLimits = { records: 256, nameBytes: 63, addresses: 8, ttlMs: 600_000, minTtlMs: 10_000 } as const;

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
  /** Who is known already and need not answer. What does not fit goes into further messages. */
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
