/**
 * Starts the process that holds chDB: it gives up everything that an engine does not need, then becomes the
 * engine. Landlock and capabilities apply per thread, and execve leaves a single thread, so no thread of the
 * engine is unrestricted. Argument: {@link StarterOptions}.
 */
import { dropCapabilities, setNoNewPrivileges } from '../../linux/capabilities.js';
import { restrictSelf } from '../../linux/landlock.js';
import { becomeProgram } from '../../linux/program.js';
import type { StarterOptions } from './dialect.js';

/** The descriptor of the channel to the parent: the first one after the standard ones. */
const CHANNEL = 3;
/** For the store's files: nothing for others, and no writing for the group. */
const UMASK = 0o027;
/** Threads for statements: calls, questions, their ends, and file access. */
const POOL = 8;

const { worker, options, read, write, owner } = JSON.parse(process.argv[2]) as StarterOptions;

process.umask(UMASK);
if (owner !== undefined) {
  process.setgroups?.([owner.gid]);
  process.setgid?.(owner.gid);
  process.setuid?.(owner.uid);
}
setNoNewPrivileges();
const confined = restrictSelf({ read, write });
dropCapabilities();
becomeProgram(
  process.execPath,
  [worker, JSON.stringify(options), confined ? 'confined' : 'free'],
  {
    PATH: '/usr/bin:/bin',
    LANG: 'C.UTF-8',
    ...(process.env.TZ !== undefined && { TZ: process.env.TZ }),
    UV_THREADPOOL_SIZE: String(POOL),
    NODE_CHANNEL_FD: String(CHANNEL),
    NODE_CHANNEL_SERIALIZATION_MODE: 'advanced',
  },
  [0, 1, 2, CHANNEL],
);
