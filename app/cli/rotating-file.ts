import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';

interface RotatingFileOptions {
  directory: string;
  /** The name without ending; the files are `<name>.log`, `<name>.1.log`, … */
  name: string;
  maxBytes?: number;
  maxFiles?: number;
}

/** A log file that starts again beyond `maxBytes`; keeps `maxFiles` files in all. A full disk only loses log lines. */
export class RotatingFile {
  readonly #options: Required<RotatingFileOptions>;
  #descriptor: number | undefined;
  #sizeBytes = 0;

  constructor(options: RotatingFileOptions) {
    this.#options = { maxBytes: 10 * 1024 * 1024, maxFiles: 5, ...options };
  }

  write(line: string): void {
    try {
      const descriptor = this.#descriptor ?? this.#open();
      appendFileSync(descriptor, line);
      this.#sizeBytes += Buffer.byteLength(line);
      if (this.#sizeBytes >= this.#options.maxBytes) this.#rotate();
    } catch {
      this.close();
    }
  }

  close(): void {
    const descriptor = this.#descriptor;
    // Cleared first: even a failed close has closed the descriptor, and its number may already belong to another file.
    this.#descriptor = undefined;
    try {
      if (descriptor !== undefined) closeSync(descriptor);
    } catch {
      // The drive may be gone.
    }
  }

  #open(): number {
    mkdirSync(this.#options.directory, { recursive: true });
    const descriptor = openSync(this.#path(0), 'a', 0o600);
    this.#descriptor = descriptor;
    this.#sizeBytes = fstatSync(descriptor).size;
    return descriptor;
  }

  #rotate(): void {
    this.close();
    const last = this.#options.maxFiles - 1;
    rmSync(this.#path(last), { force: true });
    for (let index = last - 1; index >= 0; index -= 1) {
      try {
        renameSync(this.#path(index), this.#path(index + 1));
      } catch {
        // This file does not exist yet.
      }
    }
  }

  #path(index: number): string {
    const { directory, name } = this.#options;
    return join(directory, index === 0 ? `${name}.log` : `${name}.${index}.log`);
  }
}
