/**
 * Addons that do not load: built for another Node.js release, not compiled, or not available for this system.
 */

import { MirrorlakeError } from '../model/errors.js';

/**
 * A part of the installation does not load: one line says which, why, and what to do. Trying again does not
 * help.
 */
export class InstallationError extends MirrorlakeError {
  override readonly name = 'InstallationError';

  constructor(
    /** What does not load, and why. */
    readonly what: string,
    /** The command that fixes it. */
    fix: string,
    options?: ErrorOptions,
  ) {
    super(`${what}; fix it with: ${fix}`, 'INSTALLATION', { ...options, exitCode: 2, hint: fix });
  }
}

/** Why an addon does not load, in one line. */
export function whyNotLoaded(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  if (message.includes('NODE_MODULE_VERSION'))
    return `it was built for another release than Node.js ${process.version}`;
  if (/^Cannot find .*module/i.test(message)) return 'it is not there';
  return message.split('\n')[0];
}
