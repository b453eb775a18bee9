/**
 * The console as a process of its own, for the collector that forked it: JSON of long lists and captures of
 * hundreds of megabytes are nothing for the thread that takes packets. What it is to serve comes as its first
 * message; it ends with its parent.
 */
import type { ConsoleOrder, ConsoleReport } from '../config/console-order.js';
import { MirrorlakeError } from '../model/errors.js';
import { createLogger } from '../observe/log.js';
import { serveConsole } from './serve.js';
import { stateDirectory } from './settings.js';
import { keptToken } from './token.js';

/** Runs the process. */
export function runProcess(): void {
  // Ctrl-C goes to the whole terminal: it is for the parent to say when this ends.
  process.on('SIGINT', () => {});
  process.on('disconnect', () => process.exit(0));
  process.once('message', (order: ConsoleOrder) => void obey(order));
}

async function obey(order: ConsoleOrder): Promise<void> {
  const { config, configuration, location, control, logLevel, readable } = order;
  const report = (said: ConsoleReport): void => void process.send?.(said);
  try {
    const running = await serveConsole({
      config,
      configuration,
      find: () => Promise.resolve({ location, collector: control }),
      collector: () => Promise.resolve(control),
      token: keptToken(stateDirectory(config.state, location)),
      log: createLogger(logLevel, readable),
    });
    process.once('SIGTERM', () => void running.close().finally(() => process.exit(0)));
    report({ url: running.url });
  } catch (error) {
    const wrong = error instanceof MirrorlakeError && error.exitCode === 2;
    report({ error: (error as Error).message, wrong });
  }
}
