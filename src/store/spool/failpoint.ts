/**
 * Places where tests kill the process, as `kill -9` and a loss of power would: MIRRORLAKE_FAILPOINT names one, with
 * how many times it is passed first, as in `inserted:3`.
 */
const [chosen, times = '0'] = (process.env.MIRRORLAKE_FAILPOINT ?? '').split(':');
let left = Number(times);

/** Kills this process if tests want it dead here. */
export function failpoint(name: string): void {
  if (name === chosen && left-- <= 0) process.kill(process.pid, 'SIGKILL');
}
