/** The files of this machine that the embedded engine may reach: its program, and the store. */
import { realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { entry } from '../entry.js';

/** Programs, libraries, and what they read about the machine; nothing of other processes, and no keys. */
const MACHINE = [
  '/usr',
  '/bin',
  '/lib',
  '/lib64',
  '/etc/ld.so.cache',
  '/etc/localtime',
  '/etc/timezone',
  '/etc/ssl/openssl.cnf',
  '/etc/ssl/certs',
  '/dev/urandom',
  '/dev/random',
  '/proc/self',
  '/proc/cpuinfo',
  '/proc/loadavg',
  '/proc/meminfo',
  '/proc/stat',
  '/proc/sys',
  '/proc/uptime',
  '/proc/vmstat',
  '/sys/devices/system',
  '/sys/fs/cgroup',
];

/** Files and directories that the engine reads wherever the store is. */
export function engineFiles(): string[] {
  // The program with its schemas and its package.json: the folder that contains dist/cli.
  const program = join(dirname(entry('chdb-worker')), '../..');
  return [...MACHINE, dirname(realpathSync(process.execPath)), program, ...enginePackages()];
}

/** The packages of the engine, which may be outside of this program's folder. */
function enginePackages(): string[] {
  try {
    const chdb = realpathSync(createRequire(import.meta.url).resolve('chdb/package.json'));
    const end = chdb.indexOf('/node_modules/');
    return end < 0 ? [dirname(chdb)] : [`${chdb.slice(0, end)}/node_modules`];
  } catch {
    // Starting the engine reports it.
    return [];
  }
}
