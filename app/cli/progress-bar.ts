import { formatBytes, formatDuration } from './format.ts';

interface ProgressSample {
  done: number;
  total: number | undefined;
  bytesPerSecond?: number;
  etaSeconds?: number | undefined;
}

const barWidth = 28;

/** On a terminal, one line that is redrawn; elsewhere, one line per tenth. */
export class ProgressBar {
  readonly #stream: NodeJS.WriteStream;
  #lastTenth = -1;
  #drawn = false;

  constructor(stream: NodeJS.WriteStream = process.stderr) {
    this.#stream = stream;
  }

  show(label: string, { done, total, bytesPerSecond, etaSeconds }: ProgressSample): void {
    const share = total ? Math.min(1, done / total) : 0;
    const percent = `${Math.floor(share * 100)} %`.padStart(5);
    const amount = total ? `${formatBytes(done)} of ${formatBytes(total)}` : formatBytes(done);
    const speed = bytesPerSecond === undefined ? '' : ` · ${formatBytes(bytesPerSecond)}/s`;
    const rest = etaSeconds === undefined ? '' : ` · ${formatDuration(etaSeconds)} left`;
    if (this.#stream.isTTY) {
      const full = Math.round(share * barWidth);
      const bar = '█'.repeat(full) + '░'.repeat(barWidth - full);
      const line = `${label.padEnd(11)} ${bar} ${percent}  ${amount}${speed}${rest}`;
      this.#stream.write(`\r\x1b[2K${line.slice(0, (this.#stream.columns || 100) - 1)}`);
      this.#drawn = true;
      return;
    }
    const tenth = Math.floor(share * 10);
    if (tenth === this.#lastTenth) return;
    this.#lastTenth = tenth;
    this.#stream.write(`${label} ${percent.trim()}  ${amount}${speed}${rest}\n`);
  }

  /** Ends the line, so that later output starts below it. */
  end(): void {
    if (this.#drawn) this.#stream.write('\n');
    this.#drawn = false;
    this.#lastTenth = -1;
  }
}
