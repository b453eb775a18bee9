/**
 * Points where tests kill the process, as `kill -9` or a power cut would: MIRRORLAKE_FAILPOINT names one, and
 * how many times to pass it first, as in `inserted:3`, and perhaps another signal, as in `inserted:3:SIGINT`.
 */
const [chosen, times = '0', signal = 'SIGKILL'] = (process.env.MIRRORLAKE_FAILPOINT ?? '').split(':');
let left = Number(times);

/** Kills this process if a test wants it dead here. */
export function failpoint(name: string): void {
  if (name === chosen && left-- === 0) process.kill(process.pid, signal);
}
