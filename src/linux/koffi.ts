/** koffi, which calls foreign functions: an addon that comes prebuilt. */
import { createRequire } from 'node:module';
import type koffiModule from 'koffi';
import { InstallationError, whyNotLoaded } from './installation.js';

function load(): typeof koffiModule {
  try {
    return createRequire(import.meta.url)('koffi') as typeof koffiModule;
  } catch (error) {
    // The prebuilt addon is an optional package, which an installation may have left out.
    throw new InstallationError(
      `koffi, which calls the C library, does not load: ${whyNotLoaded(error)}`,
      'npm install --global --include=optional mirrorlake',
      { cause: error },
    );
  }
}

/** @throws InstallationError at import, where it does not load */
export const koffi = load();
