import type { Question } from 'dns-packet';
import { hostName, instanceName, isSameName, type DecodedMessage, type ServiceRecord } from './records.ts';

/** What to answer: the records asked for and those that save the asker its next question. */
interface Reply {
  readonly answers: readonly ServiceRecord[];
  readonly additionals: readonly ServiceRecord[];
}

function fits({ name, type, class: asked = 'IN' }: Question, record: ServiceRecord): boolean {
  if (asked !== 'IN' && asked !== 'ANY') return false;
  // The decoder names type 255 `ANY`; its types do not know it.
  return ((type as string) === 'ANY' || type === record.type) && isSameName(name, record.name);
}

function isSameData(a: ServiceRecord, b: ServiceRecord): boolean {
  if (a.type === 'SRV' && b.type === 'SRV')
    return a.data.port === b.data.port && isSameName(a.data.target, b.data.target);
  if (a.type === 'TXT' && b.type === 'TXT') {
    const text = ({ data }: { data: unknown }): string => (Array.isArray(data) ? data.map(String) : [data]).join('\0');
    return text(a) === text(b);
  }
  return a.type === b.type && typeof a.data === 'string' && typeof b.data === 'string' && isSameName(a.data, b.data);
}

/** Whether the asker has this record and will keep it for at least half its life (RFC 6762, section 7.1). */
export function isKnown(record: ServiceRecord, knownAnswers: readonly ServiceRecord[]): boolean {
  return knownAnswers.some(
    (known) =>
      isSameName(known.name, record.name) && isSameData(known, record) && (known.ttl ?? 0) * 2 >= (record.ttl ?? 0),
  );
}

/** The part of the own records that a query asks for and its sender does not know; undefined when there is none. */
export function answersTo(query: DecodedMessage, own: readonly ServiceRecord[]): ServiceRecord[] | undefined {
  const answers = own.filter(
    (record) => query.questions.some((question) => fits(question, record)) && !isKnown(record, query.answers),
  );
  return answers.length > 0 ? answers : undefined;
}

/** Completes answers with what their reader would ask for next (RFC 6763, section 12). */
export function replyWith(answers: readonly ServiceRecord[], own: readonly ServiceRecord[], peerId: string): Reply {
  const leads = (record: ServiceRecord, name: string): boolean => isSameName(record.name, name);
  const named = answers.some((record) => leads(record, instanceName(peerId)) || pointsTo(record, peerId));
  const addressed = named || answers.some((record) => leads(record, hostName(peerId)));
  const additionals = own.filter(
    (record) =>
      !answers.includes(record) &&
      ((named && leads(record, instanceName(peerId))) || (addressed && leads(record, hostName(peerId)))),
  );
  return { answers, additionals };
}

function pointsTo(record: ServiceRecord, peerId: string): boolean {
  return record.type === 'PTR' && isSameName(record.data, instanceName(peerId));
}
