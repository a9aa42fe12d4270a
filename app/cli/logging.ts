import { join } from 'node:path';
import { pino, type Logger as PinoLogger, type StreamEntry } from 'pino';
import pretty from 'pino-pretty';
import { RotatingFile } from './rotating-file.ts';

export interface LoggingOptions {
  stateDir: string;
  /** The lowest level that also goes to stderr. The file always gets `info` and above. */
  stderrLevel: 'debug' | 'info' | 'warn' | 'error' | 'silent';
}

/** JSON lines into `<stateDir>/logs`, and to stderr: pretty on a terminal, JSON otherwise. Never writes to stdout. */
export function createLogger({ stateDir, stderrLevel }: LoggingOptions): PinoLogger {
  const streams: StreamEntry[] = [
    { level: 'info', stream: new RotatingFile({ directory: join(stateDir, 'logs'), name: 'lanspread' }) },
  ];
  if (stderrLevel !== 'silent') {
    const stream = process.stderr.isTTY
      ? pretty({ destination: 2, sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss' })
      : process.stderr;
    streams.push({ level: stderrLevel, stream });
  }
  const level = stderrLevel === 'debug' ? 'debug' : 'info';
  return pino({ level, base: undefined, timestamp: pino.stdTimeFunctions.isoTime }, pino.multistream(streams));
}
