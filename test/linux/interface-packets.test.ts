import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { interfacePackets } from '../../src/linux/interface-packets.js';

it('an interface counts the packets that it receives', async () => {
  const socket = createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const before = interfacePackets('lo') ?? Number.NaN;
  for (let i = 0; i < 10; i++) {
    socket.send('x', socket.address().port, '127.0.0.1');
    await once(socket, 'message');
  }
  socket.close();
  expect(interfacePackets('lo')).toBeGreaterThanOrEqual(before + 10);
});

it('an interface that does not exist has no count', () => {
  expect(readFileSync('/proc/thread-self/net/dev', 'latin1')).toContain('lo:');
  expect(interfacePackets('o')).toBeUndefined();
  expect(interfacePackets('nothing0')).toBeUndefined();
});
