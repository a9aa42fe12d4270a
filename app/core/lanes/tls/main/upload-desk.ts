import { toLanspreadError, type Clock, type IDisposable, type Logger } from '../../../base/index.ts';
import type { GetBlocks } from '../../../protocol/index.ts';
import type { Authorize } from '../../types.ts';
import type { UploadLimits, Uploads } from '../../../uploads/index.ts';
import { uploadWaitLimitMs, wordsForStrangers } from '../../../uploads/index.ts';
import type { ToWorker } from '../messages.ts';
import type { Served } from './types.ts';
import { UploadGovernor } from '../../../uploads/index.ts';

interface AskFacts {
  readonly connectionId: number;
  readonly requestId: number;
  readonly peerId: string;
  readonly request: GetBlocks;
}

interface Job extends AskFacts {
  entry: IDisposable;
  patience: IDisposable;
  refusedWith: Served['refusedWith'];
}

/** Where workers bring the requests of peers: waits for a place, asks the serve gate, hands the plan back. */
export class UploadDesk implements IDisposable {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #authorize: Authorize;
  readonly #served: (facts: Served) => void;
  readonly #governor: UploadGovernor;
  readonly #jobs = new Map<string, Job>();
  readonly #claims = new Map<string, IDisposable>();

  constructor(options: {
    clock: Clock;
    logger: Logger;
    authorize: Authorize;
    limits: UploadLimits;
    served: (facts: Served) => void;
  }) {
    this.#clock = options.clock;
    this.#logger = options.logger;
    this.#authorize = options.authorize;
    this.#served = options.served;
    this.#governor = new UploadGovernor({ clock: options.clock, limits: options.limits });
  }

  get isMetered(): boolean {
    return this.#governor.isMetered;
  }

  /** For the control lane, which shares these limits. */
  get uploads(): Uploads {
    return this.#governor;
  }

  setLimits(limits: UploadLimits): void {
    this.#governor.setLimits(limits);
  }

  /** `worker` names the worker; `post` answers it. */
  asked(worker: string, ask: AskFacts, post: (message: ToWorker) => void): void {
    const key = `${worker} ${ask.connectionId} ${ask.requestId}`;
    const nothing: IDisposable = { [Symbol.dispose]() {} };
    const job: Job = { ...ask, entry: nothing, patience: nothing, refusedWith: undefined };
    this.#jobs.set(key, job);
    const refuse = (code: NonNullable<Served['refusedWith']>, message: string): void => {
      job.refusedWith = code;
      post({ kind: 'refuse', connectionId: ask.connectionId, requestId: ask.requestId, code, message });
    };
    job.patience = this.#clock.timeout(() => {
      job.entry[Symbol.dispose]();
      refuse('TOO_MANY_REQUESTS', 'This PC serves others first.');
    }, uploadWaitLimitMs);
    job.entry = this.#governor.enter(ask.peerId, () => {
      job.patience[Symbol.dispose]();
      this.#authorize(ask.peerId, ask.request).then(
        (plan) => post({ kind: 'serve', connectionId: ask.connectionId, requestId: ask.requestId, plan }),
        (error: unknown) => {
          const coded = toLanspreadError(error);
          if (coded.code === 'INTERNAL') this.#logger.error({ ...coded.toJSON(), err: error }, 'serve gate failed');
          const { code, message } = wordsForStrangers(error);
          refuse(code, message);
        },
      );
    });
  }

  answered(worker: string, facts: { connectionId: number; requestId: number; bytes: number }): void {
    const key = `${worker} ${facts.connectionId} ${facts.requestId}`;
    const job = this.#jobs.get(key);
    if (!job) return;
    this.#jobs.delete(key);
    job.patience[Symbol.dispose]();
    job.entry[Symbol.dispose]();
    const { peerId, request, refusedWith } = job;
    this.#served({ peerId, gameId: request.id, bytes: facts.bytes, refusedWith });
  }

  need(worker: string, facts: { connectionId: number; peerId: string }, post: (message: ToWorker) => void): void {
    const key = `${worker} ${facts.connectionId}`;
    this.#claims.get(key)?.[Symbol.dispose]();
    this.#claims.set(
      key,
      this.#governor.claim(facts.peerId, (bytes) => post({ kind: 'grant', connectionId: facts.connectionId, bytes })),
    );
  }

  closed(worker: string, connectionId: number): void {
    const key = `${worker} ${connectionId}`;
    this.#claims.get(key)?.[Symbol.dispose]();
    this.#claims.delete(key);
  }

  /** Forgets what a dead worker had open. */
  workerGone(worker: string): void {
    for (const [key, job] of Array.from(this.#jobs)) {
      if (key.startsWith(`${worker} `)) this.answered(worker, { ...job, bytes: 0 });
    }
    for (const [key, claim] of Array.from(this.#claims)) {
      if (!key.startsWith(`${worker} `)) continue;
      claim[Symbol.dispose]();
      this.#claims.delete(key);
    }
  }

  [Symbol.dispose](): void {
    this.#governor[Symbol.dispose]();
    for (const { patience } of this.#jobs.values()) patience[Symbol.dispose]();
    this.#jobs.clear();
    this.#claims.clear();
  }
}
