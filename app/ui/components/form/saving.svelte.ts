/** The state of saving one value, and the error to show beside its field. */
import { LanspreadError } from '../../../core/rpc/client.ts';
import { explain } from '../../stores/explain.ts';

const savedShownMs = 2_500;

type Explain = (error: unknown) => string;

export class Saving {
  state = $state<'idle' | 'saving' | 'saved'>('idle');
  error = $state<string | undefined>(undefined);
  #number = 0;
  readonly #explain: Explain;

  /** `explain` may give a better text than the core's own. */
  constructor(explain: Explain = explainError) {
    this.#explain = explain;
  }

  /** Returns whether it succeeded. When calls overlap, only the last one shows its result. */
  async run(work: () => Promise<unknown>): Promise<boolean> {
    const number = ++this.#number;
    this.state = 'saving';
    this.error = undefined;
    try {
      await work();
    } catch (error) {
      if (number === this.#number) {
        this.state = 'idle';
        this.error = this.#explain(error);
      }
      return false;
    }
    if (number !== this.#number) return true;
    this.state = 'saved';
    setTimeout(() => {
      if (number === this.#number) this.state = 'idle';
    }, savedShownMs);
    return true;
  }

  /** Clears the error while the person corrects the value. */
  forget(): void {
    this.error = undefined;
  }
}

export function explainError(error: unknown): string {
  return error instanceof LanspreadError ? explain(error) : String(error);
}

export function codeOf(error: unknown): string | undefined {
  return error instanceof LanspreadError ? error.code : undefined;
}
