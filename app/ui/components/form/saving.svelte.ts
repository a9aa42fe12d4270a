/** One thing that is being saved: quiet while it goes well, a sentence beside its field when it does not. */
import { LanspreadError } from '../../../core/rpc/client.ts';
import { explain } from '../../stores/explain.ts';

const savedShownMs = 2_500;

type Explain = (error: unknown) => string;

export class Saving {
  state = $state<'idle' | 'saving' | 'saved'>('idle');
  error = $state<string | undefined>(undefined);
  #number = 0;
  readonly #explain: Explain;

  /** `explain` may know better than the core's own words what a refusal means here. */
  constructor(explain: Explain = explainError) {
    this.#explain = explain;
  }

  /** Answers whether it went well. Of several at once only the last one is told about. */
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

  /** What was wrong is being corrected. */
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
