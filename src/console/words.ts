/** Numbers in sentences that the console makes. */

/** `11,034`. */
export function counted(n: number): string {
  return n.toLocaleString('en-US');
}

/** `1 client`, `19 clients`. */
export function plural(n: number, word: string, many = `${word}s`): string {
  return `${counted(n)} ${n === 1 ? word : many}`;
}

/** `2.1 %`. */
export function share(part: number, whole: number): string {
  const percent = (100 * part) / whole;
  return `${percent < 0.1 ? percent.toPrecision(1) : percent.toFixed(percent < 99.95 ? 1 : 0)} %`;
}

/** `0.4 ms`, `333 ms`, `1.4 s`. @param us microseconds */
export function milliseconds(us: number): string {
  const ms = us / 1000;
  if (ms >= 999.5) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms.toFixed(ms < 9.95 ? 1 : 0)} ms`;
}

/** `6 s`, `3 min`, `2 h`. @param seconds of a time that is over */
export function duration(seconds: number): string {
  if (seconds < 90) return `${counted(Math.max(1, Math.round(seconds)))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 90 ? `${minutes} min` : `${counted(Math.round(minutes / 60))} h`;
}

/** An address and a port, as URLs have them. */
export function service(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** A mirror point without a name, from its id. @param id `erspan2,10.0.0.11,1,` */
export function pointWords(id: string): string {
  const [type, source, session, key] = id.split(',');
  return [`${type} ${source}`, session !== '0' && `session ${session}`, key !== '' && `key ${key}`]
    .filter((part) => part !== false)
    .join(' ');
}
