/** The doctor's findings about the addons through which the collector calls the kernel. */
import { InstallationError } from '../linux/installation.js';
import { addonProblem, rebuildCommand } from '../receive/raw-library.js';
import { bad, type Finding, good, poor } from './finding.js';

export async function koffiFinding(): Promise<Finding> {
  const subject = 'koffi';
  try {
    await import('../linux/koffi.js');
    return good(subject, 'loads');
  } catch (error) {
    if (!(error instanceof InstallationError)) throw error;
    return bad(subject, `${error.what}: nothing can be received`, error.hint);
  }
}

export async function rawSocketFinding(): Promise<Finding> {
  const subject = 'raw-socket';
  const problem = await addonProblem();
  if (problem === undefined) return good(subject, 'its addon loads');
  return poor(subject, `its addon does not load: ${problem}; koffi receives in its place`, rebuildCommand());
}
