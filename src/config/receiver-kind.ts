/** Which receiver a configuration asks for. */

import { UsageError } from '../model/errors.js';
import type { Config } from './schema.js';

/** @throws UsageError for keys that exclude each other */
export function receiverKind(config: Config): 'raw' | 'ring' {
  const kind = config.receiver ?? (config.interfaces.length > 0 ? 'ring' : 'raw');
  if (kind === 'ring' && config.interfaces.length === 0) {
    throw new UsageError('the ring receiver reads interfaces: name one with --interface');
  }
  if (kind === 'raw' && config.interfaces.length > 0) {
    throw new UsageError(
      'the raw receiver takes what this host is sent, on any interface: leave out --interface',
    );
  }
  if (kind === 'raw' && config.workers > 1) {
    throw new UsageError('the raw receiver has one worker: name interfaces with --interface for more');
  }
  return kind;
}
