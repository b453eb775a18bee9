/** The default store of commands, and the words of `--help` about it. It loads nothing. */

/** Where `collect` and `read` store by default. */
export const DEFAULT_STORE = './data';
/** The environment variable that names a store. */
export const STORE_VARIABLE = 'MIRRORLAKE_STORE';

const STORE = 'a directory, or http://user@host:8123/database';
/**
 * Help of `--store`: for commands that ask, for those that change a store, and for `read`, which has no
 * configuration.
 */
export const STORE_HELP =
  `${STORE} (default: that of --config, of ${STORE_VARIABLE}, of the running collector, or ` +
  `${DEFAULT_STORE}, in this order)`;
const WRITTEN_TO = `that of --config, of ${STORE_VARIABLE}, or ${DEFAULT_STORE}, in this order`;
export const WRITE_HELP = `${STORE} (default: ${WRITTEN_TO})`;
export const READ_HELP =
  'a directory (embedded), or http://user@host:8123/database (default: that of ' +
  `${STORE_VARIABLE}, or ${DEFAULT_STORE})`;
export const CONFIG_HELP = 'a configuration of collect, which names the store';
