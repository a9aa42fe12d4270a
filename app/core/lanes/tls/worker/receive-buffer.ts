/**
 * Where TLS puts decrypted bytes: a few slots of one record each, filled in order, handed on together. So nothing is
 * copied or allocated per record, and hash and disk see pieces large enough to be cheap and small enough to be hot.
 */
export class ReceiveBuffer {
  /** The most a TLS record carries. */
  static readonly slotBytes = 16 * 1024;
  readonly #slots: readonly Buffer[];
  readonly #whole: Buffer;
  readonly #consume: (bytes: Buffer, end: number) => void;
  /** How many more bytes to wait for before a part-filled buffer is handed on. */
  readonly #wantedBytes: () => number;
  #slot = 0;
  #filled = 0;

  constructor({
    slots,
    consume,
    wantedBytes,
  }: {
    slots: number;
    /** Takes the bytes from 0 to `end`; they are overwritten afterwards. */
    consume: (bytes: Buffer, end: number) => void;
    wantedBytes: () => number;
  }) {
    this.#whole = Buffer.allocUnsafeSlow(slots * ReceiveBuffer.slotBytes);
    this.#slots = Array.from({ length: slots }, (_, index) =>
      this.#whole.subarray(index * ReceiveBuffer.slotBytes, (index + 1) * ReceiveBuffer.slotBytes),
    );
    this.#consume = consume;
    this.#wantedBytes = wantedBytes;
  }

  /** For `onread.buffer`: where the next record goes. */
  readonly next = (): Buffer => this.#slots[this.#slot] ?? this.#whole;

  /** For `onread.callback`. */
  readonly received = (count: number): boolean => {
    this.#filled += count;
    this.#slot += 1;
    const isFull = this.#slot === this.#slots.length;
    if (!isFull && count === ReceiveBuffer.slotBytes && this.#filled < this.#wantedBytes()) return true;
    const end = this.#filled;
    this.#slot = 0;
    this.#filled = 0;
    this.#consume(this.#whole, end);
    return true;
  };
}
