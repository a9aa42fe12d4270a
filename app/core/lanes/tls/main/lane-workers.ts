/** The worker threads of the byte lane: started together; one that dies is started again on the ports that it had. */
import { backoffMs, LanspreadError, sleep, whenAborted, type Clock, type Logger } from '../../../base/index.ts';
import type { LaneOffer } from '../../../protocol/index.ts';
import type { LaneCertificate } from '../certificate.ts';
import type { FromWorker, WorkerSetup } from '../messages.ts';
import { errorOf, WorkerHandle } from './worker-handle.ts';

/** Doubles with every start that fails, up to the most. */
const restartPauseMs = 200;
const mostRestartPauseMs = 30_000;
/** A worker that could not be started again so often in a row will not be: some ports that were offered stay deaf. */
const mostFailedStarts = 5;

interface LaneWorkersOptions {
  readonly certificate: LaneCertificate;
  /** Each with a port per worker. */
  readonly listenHosts: readonly string[];
  /** Of the first worker; the others take those that follow. Undefined: any. */
  readonly port: number | undefined;
  readonly isMetered: () => boolean;
  readonly onMessage: (index: number, message: FromWorker) => void;
  /** What it had under way is over. */
  readonly onGone: (index: number, cause: unknown) => void;
  /** Tells one that was started again what the others know. */
  readonly brief: (handle: WorkerHandle) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Nothing is started any more. */
  readonly signal: AbortSignal;
}

interface Slot {
  handle: WorkerHandle;
  /** As listened on; a restarted worker takes the same. */
  ports: readonly number[];
}

export class LaneWorkers {
  readonly #options: LaneWorkersOptions;
  readonly #slots: Slot[] = [];
  /** Starts that failed in a row, by worker. */
  readonly #failedStarts = new Map<number, number>();
  readonly #failed = Promise.withResolvers<never>();

  constructor(options: LaneWorkersOptions) {
    this.#options = options;
    this.#failed.promise.catch(() => undefined);
  }

  /** Resolves when all of them listen. Rejects with the system's error, coded, when one cannot. */
  async start(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, (_, index) => this.#start(index)));
  }

  /** Resolves when the signal aborts; rejects once a worker could not be started again, several times in a row. */
  async watch(signal: AbortSignal): Promise<void> {
    await Promise.race([whenAborted(signal), this.#failed.promise]);
  }

  /** In the order of their indices; a dead one stands there until its successor does. */
  all(): readonly WorkerHandle[] {
    return this.#slots.map(({ handle }) => handle);
  }

  at(index: number): WorkerHandle | undefined {
    return this.#slots[index]?.handle;
  }

  addresses(): LaneOffer['addresses'] {
    const { listenHosts } = this.#options;
    const wildcards: readonly string[] = listenHosts.filter((host) => host === '0.0.0.0' || host === '::');
    // The ports of both families differ, so each is told with its host.
    const told = (host: string): string => (wildcards.length === 1 && wildcards.includes(host) ? '' : host);
    return listenHosts.flatMap((host, hostIndex) =>
      this.#slots.map(({ ports }) => ({ host: told(host), port: ports[hostIndex] ?? 0 })),
    );
  }

  async stop(): Promise<void> {
    await Promise.all(this.all().map((handle) => handle.stop()));
  }

  /** Resolves when it listens. */
  async #start(index: number): Promise<void> {
    const { certificate, listenHosts, port, isMetered, onMessage } = this.#options;
    const fixed = port === undefined ? 0 : port + index;
    const { certificatePem, privateKeyPem } = certificate;
    const known = this.#slots[index]?.ports;
    const listen = listenHosts.map((host, at) => ({ host, port: known?.[at] ?? fixed }));
    const setup: WorkerSetup = { index, certificatePem, privateKeyPem, listen, isMetered: isMetered() };
    const started = Promise.withResolvers<void>();
    const slot: Slot = {
      ports: known ?? [],
      handle: new WorkerHandle(setup, {
        onMessage(message) {
          if (message.kind === 'listening') {
            slot.ports = message.ports;
            started.resolve();
          } else if (message.kind === 'not-listening') started.reject(errorOf(message.error));
          else onMessage(index, message);
        },
        onExit: (cause) => {
          started.reject(cause ?? new LanspreadError('INTERNAL', { message: 'A lane worker ended.' }));
          this.#gone(index, cause);
        },
      }),
    };
    this.#slots[index] = slot;
    await started.promise;
  }

  #gone(index: number, cause: unknown): void {
    const { onGone, signal, logger } = this.#options;
    onGone(index, cause);
    if (signal.aborted) return;
    logger.error({ index, err: cause }, 'lane worker died');
    void this.#restart(index);
  }

  /** A failed start ends in an exit or an error, and either in another try. */
  async #restart(index: number): Promise<void> {
    const { clock, signal, brief, logger } = this.#options;
    try {
      const failed = this.#failedStarts.get(index) ?? 0;
      this.#failedStarts.set(index, failed + 1);
      await sleep(backoffMs(failed + 1, { firstMs: restartPauseMs, longestMs: mostRestartPauseMs }), { signal, clock });
      await this.#start(index);
      this.#failedStarts.delete(index);
      const handle = this.at(index);
      if (handle) await brief(handle);
    } catch (error) {
      if (signal.aborted) return;
      logger.error({ index, err: error }, 'lane worker not started again');
      if ((this.#failedStarts.get(index) ?? 0) >= mostFailedStarts) this.#failed.reject(error);
      await this.at(index)?.terminate();
    }
  }
}
