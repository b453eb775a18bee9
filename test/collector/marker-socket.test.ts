import { createSocket } from 'node:dgram';
import { expect, it } from 'vitest';
import { MarkerSocket, MOST_MARKERS, type ReceivedMarker } from '../../src/collector/marker-socket.js';
import { formatIp } from '../../src/wire/ip/addresses.js';
import { CiscoMarker, emitCiscoMarker, MARKER_LENGTH } from '../../src/wire/tunnel/cisco-marker.js';

function failed(error: Error): never {
  throw error;
}

function marker(seconds: number): Uint8Array {
  const b = new Uint8Array(MARKER_LENGTH);
  emitCiscoMarker(Object.assign(new CiscoMarker(), { granularity: 1, seconds, timestamp: 77 }), b, 0);
  return b;
}

/** Sends datagrams to a socket, the next one when the one before has gone. */
async function send(port: number, datagrams: readonly Uint8Array[]): Promise<void> {
  const socket = createSocket('udp4');
  for (const bytes of datagrams)
    await new Promise<void>((done, fail) =>
      socket.send(bytes, port, '127.0.0.1', (error) => (error === null ? done() : fail(error))),
    );
  socket.close();
}

it('takes markers and nothing else, over IPv4 too', async () => {
  const taken: ReceivedMarker[] = [];
  const socket = await MarkerSocket.open(0, (m) => taken.push(m), failed);
  await send(socket.port, [new Uint8Array(5), new Uint8Array(MARKER_LENGTH), marker(1_780_000_000)]);
  await expect.poll(() => taken.length).toBe(1);
  expect(taken[0].marker).toMatchObject({ granularity: 1, seconds: 1_780_000_000, timestamp: 77 });
  expect(formatIp(taken[0].source, 0)).toBe('127.0.0.1');
  expect(Math.abs(taken[0].sec - Date.now() / 1000)).toBeLessThan(60);
  socket.close();
});

it('passes on only so many a second', async () => {
  const passed = new Map<number, number>();
  let last = 0;
  const socket = await MarkerSocket.open(
    0,
    ({ marker: { seconds }, sec }) => {
      last = seconds;
      passed.set(sec, (passed.get(sec) ?? 0) + 1);
    },
    failed,
  );
  let next = 1;
  await expect
    .poll(async () => {
      await send(
        socket.port,
        Array.from({ length: MOST_MARKERS }, () => marker(next++)),
      );
      return Math.max(...passed.values());
    })
    .toBe(MOST_MARKERS);
  expect(last).toBeLessThan(next);
  for (const n of passed.values()) expect(n).toBeLessThanOrEqual(MOST_MARKERS);
  socket.close();
});

it('says in one line that the port is taken', async () => {
  const socket = await MarkerSocket.open(0, () => {}, failed);
  await expect(MarkerSocket.open(socket.port, () => {}, failed)).rejects.toThrow(
    `hardware_time.marker_port: UDP port ${socket.port} cannot be had: `,
  );
  socket.close();
});
