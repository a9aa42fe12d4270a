/** The core in the form that the launcher runs. */
import { startCore, type CoreHandle, type CoreOptions } from '../core/core.ts';
import { createLogger, type LoggingOptions } from './logging.ts';
import { builtInExtensions } from './built-in-extensions.ts';
import { reportStartFailure } from './commands/start-failure.ts';
import { stayUp } from './stay-up.ts';

/** Starts the core, or reports the error and returns the exit code. */
export async function startLauncherCore(
  options: Omit<CoreOptions, 'logger' | 'builtInExtensions'>,
  { stateDir, logLevel }: { stateDir: string; logLevel: LoggingOptions['stderrLevel'] },
): Promise<{ handle: CoreHandle } | number> {
  const logger = createLogger({ stateDir, stderrLevel: logLevel });
  stayUp(logger);
  try {
    const handle = await startCore({
      ...options,
      logger,
      builtInExtensions,
    });
    return { handle };
  } catch (error) {
    return reportStartFailure(error);
  }
}
