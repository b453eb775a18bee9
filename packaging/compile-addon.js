// Runs when the package is installed (`npm install`, `npm rebuild --global mirrorlake`): compiles the addon
// of raw-socket if it does not load. npm runs no scripts of bundled packages, so mirrorlake has this one.
// Without a compiler, the installation is still complete: koffi receives in place of the addon, and
// `mirrorlake doctor` says so.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';

const require = createRequire(import.meta.url);

function loads() {
  try {
    require('raw-socket');
    return true;
  } catch {
    return false;
  }
}

if (!loads()) {
  const directory = dirname(require.resolve('raw-socket/package.json'));
  const { status } = spawnSync('node-gyp', ['rebuild'], { cwd: directory, stdio: 'inherit' });
  if (status !== 0) {
    console.error(
      "mirrorlake: raw-socket's addon was not compiled; raw sockets are received on through koffi. " +
        'For the addon: apt-get install make g++ python3, then npm rebuild --global mirrorlake',
    );
  }
}
