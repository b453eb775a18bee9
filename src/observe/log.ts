/** The log: pino, readable on a terminal and JSON otherwise, on standard error. */
import { destination, type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export type { Logger };

/** @param readable lines for people; else JSON, one object a line, the level a word */
export function createLogger(level: string, readable: boolean): Logger {
  const base = { name: 'mirrorlake' };
  // Written at once: what a process says last is not lost with it.
  const fd = 2;
  if (!readable) {
    const formatters = { level: (label: string) => ({ level: label }) };
    const timestamp = pino.stdTimeFunctions.isoTime;
    return pino({ level, base, timestamp, formatters }, destination({ fd, sync: true }));
  }
  const stream = pretty({
    destination: fd,
    sync: true,
    colorize: process.env.NO_COLOR === undefined || process.env.NO_COLOR === '',
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: 'pid,hostname,name',
  });
  return pino({ level, base }, stream);
}
