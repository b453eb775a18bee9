/** What commands call a store by default, and what `--help` says of it. Nothing is loaded for it. */

/** Where `collect` and `read` store unless they are told otherwise. */
export const DEFAULT_STORE = './data';
/** The environment variable that names a store. */
export const STORE_VARIABLE = 'MIRRORLAKE_STORE';

const STORE = 'a directory, or http://user@host:8123/database';
/** `--store` of a command that asks, of one that changes a store, and of `read`, which has no configuration. */
export const STORE_HELP = `${STORE} (default: that of --config, of ${STORE_VARIABLE}, of the running collector, or ${DEFAULT_STORE}, in this order)`;
export const WRITE_HELP = `${STORE} (default: that of --config, of ${STORE_VARIABLE}, or ${DEFAULT_STORE}, in this order)`;
export const READ_HELP = `a directory (embedded), or http://user@host:8123/database (default: that of ${STORE_VARIABLE}, or ${DEFAULT_STORE})`;
export const CONFIG_HELP = 'a configuration of collect, which names the store';
