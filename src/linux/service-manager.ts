/**
 * Tells systemd about the service: sd_notify(3), a datagram of KEY=VALUE lines to the socket in
 * NOTIFY_SOCKET.
 */
import { check } from './errors.js';
import * as libc from './libc.js';
import { closeSocket, openSocket, SOCK_DGRAM } from './socket.js';

const AF_UNIX = 1;

/** struct sockaddr_un (unix(7)); a name that begins with @ is in the abstract namespace. */
function sockaddrUn(path: string): Uint8Array {
  const name = Buffer.from(path.replace(/^@/, '\0'));
  const terminator = path.startsWith('@') ? 0 : 1;
  const address = new Uint8Array(2 + name.length + terminator);
  new DataView(address.buffer).setUint16(0, AF_UNIX, true);
  address.set(name, 2);
  return address;
}

export class ServiceManager {
  private constructor(
    private readonly fd: number,
    /** The watchdog's interval in milliseconds, 0 if there is none. */
    readonly watchdog: number,
  ) {}

  /**
   * The manager that started this process, undefined without one. Removes its variables from `environment`,
   * so that child programs do not inherit them.
   *
   * @throws LinuxError if the socket exists and cannot be used
   */
  static of(environment: NodeJS.ProcessEnv, pid: number): ServiceManager | undefined {
    const { NOTIFY_SOCKET, WATCHDOG_USEC, WATCHDOG_PID } = environment;
    delete environment.NOTIFY_SOCKET;
    delete environment.WATCHDOG_USEC;
    delete environment.WATCHDOG_PID;
    if (NOTIFY_SOCKET === undefined || NOTIFY_SOCKET === '') return undefined;
    const fd = openSocket(AF_UNIX, SOCK_DGRAM, 0, true);
    const address = sockaddrUn(NOTIFY_SOCKET);
    check(libc.connect(fd, address, address.length), `reach the service manager at ${NOTIFY_SOCKET}`);
    const watched = WATCHDOG_PID === undefined || Number(WATCHDOG_PID) === pid;
    return new ServiceManager(fd, watched ? Math.floor(Number(WATCHDOG_USEC ?? 0) / 1000) : 0);
  }

  /**
   * Sends lines: READY=1, STOPPING=1, WATCHDOG=1, STATUS=…. If the manager has no room for them, they are not
   * sent.
   */
  notify(...lines: string[]): void {
    const bytes = Buffer.from(lines.join('\n'));
    libc.write(this.fd, bytes, bytes.length);
  }

  close(): void {
    closeSocket(this.fd);
  }
}
