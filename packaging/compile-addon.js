// Runs where the package is installed (`npm install`, `npm rebuild --global mirrorlake`): compiles
// raw-socket's addon, if it does not load as it is. npm leaves the scripts of bundled packages out, so this
// one is mirrorlake's. Without a compiler the installation is as good: koffi receives in the addon's place,
// and `mirrorlake doctor` says so.
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
