/** What a collector and the console that it starts say to each other. */
import type { ConsoleConfig } from './schema.js';

/** The console's first message: what to serve. */
export interface ConsoleOrder {
  readonly config: ConsoleConfig;
  /** The file of the collector's configuration, absolute; undefined: it has none. */
  readonly configuration?: string | undefined;
  /** The store, without passwords: the collector is asked. */
  readonly location: string;
  /** The collector's control socket. */
  readonly control: string;
  readonly logLevel: string;
  /** Whether the log is for people. */
  readonly readable: boolean;
}

/** The answer: where it is served, or why it is not, and whether trying again is of no use. */
export type ConsoleReport = { readonly url: string } | { readonly error: string; readonly wrong: boolean };
