import { SlotRing } from '../../base/index.ts';
import type { StreamInstall } from '../../protocol/index.ts';

/** What goes to the main thread at a time. */
const slotBytes = 2 * 1024 * 1024;
const slotCount = 5;
const shape = {
  slotBytes,
  /** The most that a TLS record carries. */
  readBytes: 16 * 1024,
  wantedFree: 2,
};

export interface StreamOrder {
  readonly streamId: number;
  readonly peerId: string;
  readonly request: StreamInstall;
  /** Where a worker puts what it receives, seen by both threads. */
  readonly memory: SharedArrayBuffer;
}

export function streamMemory(): SharedArrayBuffer {
  return new SharedArrayBuffer(slotCount * slotBytes);
}

export function streamSlots(memory: SharedArrayBuffer): SlotRing {
  return new SlotRing(memory, shape);
}
