/** The log: pino, readable on a terminal and JSON otherwise, on standard error. */
import { createRequire } from 'node:module';
import { destination, type Logger, pino } from 'pino';

export type { Logger };

/** @param readable lines for people; otherwise one JSON object per line, with the level as a word */
export function createLogger(level: string, readable: boolean): Logger {
  const base = { name: 'mirrorlake' };
  // Written synchronously, so that the last words of a process are not lost.
  const fd = 2;
  if (!readable) {
    const formatters = { level: (label: string) => ({ level: label }) };
    const timestamp = pino.stdTimeFunctions.isoTime;
    return pino({ level, base, timestamp, formatters }, destination({ fd, sync: true }));
  }
  // Only terminals pay for it.
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty');
  const stream = pretty({
    destination: fd,
    sync: true,
    colorize: process.env.NO_COLOR === undefined || process.env.NO_COLOR === '',
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,name',
  });
  return pino({ level, base }, stream);
}
