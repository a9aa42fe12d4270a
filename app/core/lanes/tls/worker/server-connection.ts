import type { TLSSocket } from 'node:tls';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type ErrorCode, LanspreadError, toLanspreadError } from '../../../base/index.ts';
import { encodeFrame, type GetBlocks, laneRequestSchema, limits, type StreamInstall } from '../../../protocol/index.ts';
import type { ServePlan } from '../../types.ts';
import { LaneFrameReader } from './frame-reader.ts';
import type { StreamStep } from '../messages.ts';
import { StreamAnswer } from './stream-answer.ts';
import { diskError } from '../../disk-errors.ts';

/** One write: large enough to cost little, small enough to be encrypted and handed to the kernel while hot. */
const chunkBytes = 128 * 1024;
const buffersInFlight = 2;
/** Writes that may complete at once before others on this thread get their turn. */
const writesPerTurn = 16;

type Reply = { readonly plan: ServePlan } | { readonly code: ErrorCode; readonly message: string };

interface Ask {
  readonly requestId: number;
  reply: Reply | undefined;
  reader: SegmentReader | undefined;
  sentBytes: number;
}

interface ServerConnectionHost {
  readonly isMetered: () => boolean;
  asked(requestId: number, request: GetBlocks): void;
  /** The connection is this stream's from now on. */
  askedStream(requestId: number, request: StreamInstall): void;
  /** The socket took what one step of a stream brought. */
  fed(): void;
  /** The response is sent or the connection is gone. */
  answered(requestId: number, bytes: number): void;
  /** Wants the right to send some more bytes. */
  need(): void;
  sent(bytes: number): void;
  failed(error: LanspreadError): void;
}

/** The serving end of one connection: requests come in, at most two at a time, and are answered in order. */
export class ServerConnection {
  readonly #socket: TLSSocket;
  readonly #host: ServerConnectionHost;
  readonly #frames = new LaneFrameReader();
  /** What came in but was not parsed, because enough requests wait. */
  #unparsed: Buffer | undefined;
  readonly #asks: Ask[] = [];
  readonly #free: Buffer[] = [];
  #writesInFlight = 0;
  #writesThisTurn = 0;
  #creditBytes = 0;
  #isNeeding = false;
  /** Set once the connection is one stream's. */
  #stream: StreamAnswer | undefined;
  #nextRequestId = 1;
  #lastProgressMs: number;
  #isClosed = false;

  constructor(socket: TLSSocket, host: ServerConnectionHost, nowMs: number) {
    this.#socket = socket;
    this.#host = host;
    this.#lastProgressMs = nowMs;
    socket.on('data', (bytes: Buffer) => this.#received(bytes));
  }

  get isBusy(): boolean {
    return this.#asks.length > 0 || this.#stream !== undefined;
  }

  serve(requestId: number, reply: Reply): void {
    const ask = this.#asks.find((candidate) => candidate.requestId === requestId);
    if (!ask || this.#isClosed) return;
    ask.reply = reply;
    this.#pump();
  }

  grant(bytes: number): void {
    this.#isNeeding = false;
    this.#creditBytes += bytes;
    this.#pump();
  }

  answerStream(requestId: number, step: StreamStep): void {
    if (this.#isClosed || requestId !== this.#stream?.requestId) return;
    try {
      this.#stream.take(step);
    } catch (error) {
      this.destroy(toLanspreadError(error));
    }
  }

  /** Called now and then: drops what stands still. `nowMs` is monotonic. */
  check(nowMs: number): void {
    const isWaitingForPeer = this.#writesInFlight > 0 || this.#frames.isPartial || !this.isBusy;
    if (!isWaitingForPeer) this.#lastProgressMs = this.#stream?.waitsSinceMs ?? nowMs;
    // An idle connection may live twice as long, so that the client is the one that closes it.
    const limitMs = this.isBusy || this.#frames.isPartial ? limits.requestIdleMs : 2 * limits.requestIdleMs;
    if (nowMs - this.#lastProgressMs <= limitMs) return;
    this.destroy(new LanspreadError('PEER_TIMEOUT', { message: `Nothing moved for ${limitMs} ms.` }));
  }

  destroy(error?: LanspreadError): void {
    if (error && !this.#isClosed) this.#host.failed(error);
    this.closed();
    this.#socket.destroy();
  }

  /** The socket is gone. */
  closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    for (const { requestId, reader, sentBytes } of this.#asks.splice(0)) {
      reader?.close();
      this.#host.answered(requestId, sentBytes);
    }
    this.#free.length = 0;
    this.#unparsed = undefined;
  }

  #received(bytes: Buffer): void {
    this.#lastProgressMs = performance.now();
    this.#parse(this.#unparsed ? Buffer.concat([this.#unparsed, bytes]) : bytes);
  }

  #parse(bytes: Buffer): void {
    this.#unparsed = undefined;
    let at = 0;
    try {
      while (at < bytes.length) {
        if (this.#asks.length >= limits.laneRequestsInFlight) {
          this.#unparsed = bytes.subarray(at);
          this.#socket.pause();
          return;
        }
        if (this.#stream)
          throw new LanspreadError('BAD_MESSAGE', {
            message: 'The connection is a stream; nothing more is asked on it.',
          });
        at += this.#frames.take(bytes, at, bytes.length);
        if (!this.#frames.isWhole) continue;
        const request = this.#frames.finish(laneRequestSchema, 'lane request');
        if (request.op === 'blocks') this.#ask(request);
        else this.#beginStream(request);
      }
    } catch (error) {
      this.destroy(toLanspreadError(error, 'BAD_MESSAGE'));
    }
  }

  #ask(request: GetBlocks): void {
    const requestId = this.#nextRequestId;
    this.#nextRequestId += 1;
    this.#asks.push({ requestId, reply: undefined, reader: undefined, sentBytes: 0 });
    this.#host.asked(requestId, request);
  }

  #beginStream(request: StreamInstall): void {
    if (this.#asks.length > 0)
      throw new LanspreadError('BAD_MESSAGE', { message: 'A stream is asked for on a connection of its own.' });
    const requestId = this.#nextRequestId;
    this.#nextRequestId += 1;
    this.#stream = new StreamAnswer(requestId, { socket: this.#socket, host: this.#host });
    this.#host.askedStream(requestId, request);
  }

  #pump(): void {
    try {
      while (!this.#isClosed && this.#writesInFlight < buffersInFlight && this.#writesThisTurn < writesPerTurn) {
        const ask = this.#asks[0];
        if (!ask?.reply) return;
        if ('code' in ask.reply) {
          const { code, message } = ask.reply;
          this.#finish(ask);
          this.#write(encodeFrame({ ok: false, code, message }, { maxBytes: limits.laneHeaderBytes }));
        } else if (!ask.reader) {
          ask.reader = new SegmentReader(ask.reply.plan);
          this.#write(encodeFrame({ ok: true, bytes: ask.reply.plan.totalBytes }));
          if (ask.reader.remainingBytes === 0) this.#finish(ask);
        } else if (!this.#send(ask, ask.reader)) return;
      }
    } catch (error) {
      this.destroy(toLanspreadError(error, 'IO_ERROR'));
    }
  }

  /** Sends the next piece. False when it must wait for a grant. */
  #send(ask: Ask, reader: SegmentReader): boolean {
    const isMetered = this.#host.isMetered();
    if (isMetered && this.#creditBytes <= 0) {
      if (!this.#isNeeding) this.#host.need();
      this.#isNeeding = true;
      return false;
    }
    const buffer = this.#free.pop() ?? Buffer.allocUnsafeSlow(chunkBytes);
    const count = reader.fill(buffer, isMetered ? Math.min(chunkBytes, this.#creditBytes) : chunkBytes);
    if (isMetered) this.#creditBytes -= count;
    else this.#creditBytes = 0;
    ask.sentBytes += count;
    this.#host.sent(count);
    if (reader.remainingBytes === 0) this.#finish(ask);
    this.#write(count === chunkBytes ? buffer : buffer.subarray(0, count), buffer);
    return true;
  }

  #finish(ask: Ask): void {
    this.#asks.shift();
    ask.reader?.close();
    this.#host.answered(ask.requestId, ask.sentBytes);
    const rest = this.#unparsed;
    if (rest) this.#parse(rest);
    if (!this.#unparsed && !this.#isClosed) this.#socket.resume();
  }

  #write(bytes: Buffer, reused?: Buffer): void {
    if (this.#isClosed) return;
    this.#writesInFlight += 1;
    this.#writesThisTurn += 1;
    if (this.#writesThisTurn === writesPerTurn) {
      setImmediate(() => {
        this.#writesThisTurn = 0;
        this.#pump();
      });
    }
    this.#socket.write(bytes, (error) => {
      this.#writesInFlight -= 1;
      if (error || this.#isClosed) return;
      if (reused) this.#free.push(reused);
      this.#lastProgressMs = performance.now();
      this.#pump();
    });
  }
}

const openFlags = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0);

/** Reads a plan's bytes in order, running on from file to file. Synchronous: it runs in a lane worker. */
class SegmentReader {
  #remainingBytes: number;
  readonly #segments: ServePlan['segments'];
  #index = 0;
  /** Bytes of the current segment read so far. */
  #done = 0;
  #descriptor: number | undefined;
  #descriptorPath = '';

  constructor(plan: ServePlan) {
    this.#segments = plan.segments;
    this.#remainingBytes = plan.totalBytes;
  }

  get remainingBytes(): number {
    return this.#remainingBytes;
  }

  /** Fills up to `limit` bytes of the buffer; returns how many. Throws `IO_ERROR` also for a file that got shorter. */
  fill(buffer: Buffer, limit: number): number {
    const wanted = Math.min(limit, this.#remainingBytes);
    let filled = 0;
    while (filled < wanted) {
      const segment = this.#segments[this.#index];
      if (!segment) throw new LanspreadError('INTERNAL', { message: 'A plan shorter than it says.' });
      const count = Math.min(wanted - filled, segment.lengthBytes - this.#done);
      if (count > 0) this.#read(segment, { buffer, filled, count });
      filled += count;
      this.#done += count;
      if (this.#done < segment.lengthBytes) continue;
      this.#index += 1;
      this.#done = 0;
    }
    this.#remainingBytes -= filled;
    return filled;
  }

  close(): void {
    const descriptor = this.#descriptor;
    // Forgotten first: a close that fails has closed it, and the number may be another file's by now.
    this.#descriptor = undefined;
    if (descriptor !== undefined) closeSync(descriptor);
  }

  #read(
    segment: ServePlan['segments'][number],
    { buffer, filled, count }: { buffer: Buffer; filled: number; count: number },
  ): void {
    let done = 0;
    try {
      const descriptor = this.#open(segment.path);
      while (done < count) {
        const position = segment.offsetBytes + this.#done + done;
        const read = readSync(descriptor, buffer, filled + done, count - done, position);
        if (read === 0) throw new LanspreadError('IO_ERROR', { message: `${segment.path} is shorter than it was.` });
        done += read;
      }
    } catch (error) {
      throw diskError(error, segment.path);
    }
  }

  #open(path: string): number {
    if (this.#descriptor !== undefined && this.#descriptorPath === path) return this.#descriptor;
    this.close();
    this.#descriptor = openSync(path, openFlags);
    this.#descriptorPath = path;
    return this.#descriptor;
  }
}
