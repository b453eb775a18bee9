/**
 * A configuration that cannot be used. The message has one line per mistake:
 * `file:line:column: key: what is wrong`.
 */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly exitCode = 2;
}
