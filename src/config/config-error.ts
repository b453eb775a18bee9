import { MirrorlakeError } from '../model/errors.js';

/**
 * A configuration that cannot be used. The message has one line a mistake: `file:line:column: key: what is
 * wrong`.
 */
export class ConfigError extends MirrorlakeError {
  override readonly name = 'ConfigError';

  constructor(message: string) {
    super(message, 'CONFIG', { exitCode: 2 });
  }
}
