/**
 * The C library's functions that mirrorlake calls, bound by koffi, with the arguments and results of the
 * manual pages. `check` in errors.ts turns a -1 into a LinuxError.
 *
 * A `Memory` argument is a typed array, whose bytes are passed without a copy, or an address. The kernel
 * writes into a typed array only during the call; memory that it must reach later is mapped (memory.ts).
 */
import { koffi } from './koffi.js';

/** Where bytes are: a typed array, or an address in this process (0n or null: NULL). */
export type Memory = Uint8Array | Uint16Array | Uint32Array | Int32Array | BigUint64Array | bigint | null;

const lib = koffi.load(null);

export const socket: (domain: number, type: number, protocol: number) => number = lib.func(
  'int socket(int domain, int type, int protocol)',
);
export const bind: (fd: number, address: Uint8Array, length: number) => number = lib.func(
  'int bind(int fd, void *address, uint32_t length)',
);
export const connect: (fd: number, address: Uint8Array, length: number) => number = lib.func(
  'int connect(int fd, void *address, uint32_t length)',
);
export const getsockname: (fd: number, address: Uint8Array, length: Uint32Array) => number = lib.func(
  'int getsockname(int fd, void *address, void *length)',
);
export const setsockopt: (fd: number, level: number, name: number, value: Memory, length: number) => number =
  lib.func('int setsockopt(int fd, int level, int name, void *value, uint32_t length)');
export const getsockopt: (
  fd: number,
  level: number,
  name: number,
  value: Uint8Array,
  length: Uint32Array,
) => number = lib.func('int getsockopt(int fd, int level, int name, void *value, void *length)');
export const ioctl: (fd: number, request: number, argument: Memory) => number = lib.func(
  'int ioctl(int fd, unsigned long request, void *argument)',
);
/** For requests whose argument is a number instead of a pointer (TUNSETOFFLOAD, TUNSETPERSIST). */
export const ioctlValue: (fd: number, request: number, argument: number) => number = lib.func(
  'ioctl',
  'int',
  ['int', 'unsigned long', 'unsigned long'],
);
export const fcntl: (fd: number, command: number, argument: number) => number = lib.func(
  'int fcntl(int fd, int command, int argument)',
);
export const flock: (fd: number, operation: number) => number = lib.func('int flock(int fd, int operation)');
/** fcntl.h; Node.js has no name for it. */
export const O_CLOEXEC = 0o2000000;
export const open: (path: string, flags: number, mode: number) => number = lib.func(
  'int open(const char *path, int flags, int mode)',
);
export const close: (fd: number) => number = lib.func('int close(int fd)');
export const read: (fd: number, bytes: Memory, length: number) => number = lib.func(
  'intptr_t read(int fd, void *bytes, size_t length)',
);
export const write: (fd: number, bytes: Memory, length: number) => number = lib.func(
  'intptr_t write(int fd, void *bytes, size_t length)',
);
/** `vectors` is an array of struct iovec: address and length, 8 bytes each. */
export const writev: (fd: number, vectors: Memory, count: number) => number = lib.func(
  'intptr_t writev(int fd, void *vectors, int count)',
);
/** @returns the address, or {@link MAP_FAILED}. */
export const mmap: (
  address: Memory,
  length: number,
  protection: number,
  flags: number,
  fd: number,
  offset: number,
) => bigint = lib.func(
  'void *mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)',
);
export const MAP_FAILED = 0xffffffffffffffffn;
export const munmap: (address: bigint, length: number) => number = lib.func(
  'int munmap(void *address, size_t length)',
);
const pollFunction = lib.func('int poll(void *fds, unsigned long count, int timeout)');
/** `timeout` in milliseconds, -1 to wait for ever. */
export const poll: (fds: Memory, count: number, timeout: number) => number = pollFunction;
/** The same in a thread of libuv's pool, which the process waits for at its exit. errno is that thread's. */
export function pollAside(fds: Memory, count: number, timeout: number): Promise<number> {
  return new Promise((resolve, reject) => {
    pollFunction.async(fds, count, timeout, (error: Error | null, n: number) =>
      error === null ? resolve(n) : reject(error),
    );
  });
}
/** Microseconds, plus up to 50 by which the kernel coalesces timers (prctl(2), PR_SET_TIMERSLACK). */
export const usleep: (microseconds: number) => number = lib.func('int usleep(unsigned int microseconds)');
export const send: (fd: number, bytes: Memory, length: number, flags: number) => number = lib.func(
  'intptr_t send(int fd, void *bytes, size_t length, int flags)',
);
export const sendto: (
  fd: number,
  bytes: Memory,
  length: number,
  flags: number,
  address: Memory,
  addressLength: number,
) => number = lib.func(
  'intptr_t sendto(int fd, void *bytes, size_t length, int flags, void *address, uint32_t addressLength)',
);
export const recv: (fd: number, bytes: Memory, length: number, flags: number) => number = lib.func(
  'intptr_t recv(int fd, void *bytes, size_t length, int flags)',
);
export const recvmsg: (fd: number, message: Memory, flags: number) => number = lib.func(
  'intptr_t recvmsg(int fd, void *message, int flags)',
);
/** @returns messages received. `messages` is an array of struct mmsghdr (messages.ts). */
export const recvmmsg: (
  fd: number,
  messages: Memory,
  count: number,
  flags: number,
  timeout: Memory,
) => number = lib.func('int recvmmsg(int fd, void *messages, unsigned int count, int flags, void *timeout)');
/** @returns messages sent. */
export const sendmmsg: (fd: number, messages: Memory, count: number, flags: number) => number = lib.func(
  'int sendmmsg(int fd, void *messages, unsigned int count, int flags)',
);
export const eventfd: (initial: number, flags: number) => number = lib.func(
  'int eventfd(unsigned int initial, int flags)',
);
/** @returns the clock's state. */
export const adjtimex: (timex: Uint8Array) => number = lib.func('int adjtimex(void *timex)');

/** A FIFO (fifo(7)). */
export const mkfifo: (path: string, mode: number) => number = lib.func(
  'int mkfifo(const char *path, unsigned int mode)',
);
export const prctl: (option: number, a: number, b: number, c: number, d: number) => number = lib.func(
  'int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)',
);
/** namespaces(7): of the calling thread alone. */
export const unshare: (flags: number) => number = lib.func('int unshare(int flags)');
export const setns: (fd: number, kind: number) => number = lib.func('int setns(int fd, int kind)');
/** capset(2), which the C library leaves to libcap: `header` and `data` as linux/capability.h has them. */
export const capset: (header: Uint8Array, data: Uint8Array) => number = lib.func(
  'int capset(void *header, void *data)',
);
/** Becomes another program; returns only on failure. */
export const execve: (path: string, argv: (string | null)[], envp: (string | null)[]) => number = lib.func(
  'int execve(const char *path, const char **argv, const char **envp)',
);
/** syscall(2) with an address among the arguments, as for landlock_create_ruleset(2). */
export const syscallMemory: (number: number, memory: Memory, length: number, flags: number) => number =
  lib.func('syscall', 'long', ['long', 'void *', 'size_t', 'uint32_t']);
/** The same for landlock_add_rule(2). */
export const syscallDescriptorMemory: (
  number: number,
  fd: number,
  kind: number,
  memory: Memory,
  flags: number,
) => number = lib.func('syscall', 'long', ['long', 'int', 'int', 'void *', 'uint32_t']);
/** The same for landlock_restrict_self(2). */
export const syscallDescriptor: (number: number, fd: number, flags: number) => number = lib.func(
  'syscall',
  'long',
  ['long', 'int', 'uint32_t'],
);

/** The same for bpf(2): `attributes` is a union bpf_attr. */
export const syscallAttributes: (
  number: number,
  command: number,
  attributes: Uint8Array,
  length: number,
) => number = lib.func('syscall', 'long', ['long', 'int', 'void *', 'uint32_t']);
/** `time` is a struct timespec: seconds and nanoseconds of 64 bits. */
export const clockGettime: (clock: number, time: BigInt64Array) => number = lib.func(
  'int clock_gettime(int clock, void *time)',
);

/** The error number of this thread's last failed call. */
export function errno(): number {
  return koffi.errno();
}

/**
 * A typed array's address, for structures that point to other memory. The caller must keep the array alive.
 */
export function addressOf(array: Uint8Array): bigint {
  return koffi.address(array);
}

/** Memory of this process as an ArrayBuffer, without a copy. It cannot be transferred. */
export function viewOf(address: bigint, length: number): ArrayBuffer {
  return koffi.view(address, length);
}

/** Names of error numbers on this system. */
export const ERRNO: Readonly<Record<string, number>> = koffi.os.errno;
