/** The thread that tunnels run in: it does what the service says, between packets. */
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { LinuxError } from '../linux/errors.js';
import { TunnelConfigError } from './config.js';
import { Engine } from './engine.js';
import { linuxHost } from './linux-host.js';
import type { TunnelAnswer, TunnelCommand, TunnelWorkerData } from './protocol.js';

const port = parentPort!;
const { wake, refused } = workerData as TunnelWorkerData;
const engine = new Engine(linuxHost, wake, refused);

/** @returns whether it is to go on. */
function obey(command: TunnelCommand): boolean {
  switch (command.kind) {
    case 'add':
      engine.add(command.config, command.counters);
      return true;
    case 'change':
      engine.change(command.config);
      return true;
    case 'remove':
      engine.remove(command.name);
      return true;
    case 'stop':
      engine.close();
      return false;
  }
}

/** What the service makes the same error of again. */
function particulars(e: Error): Partial<NonNullable<TunnelAnswer['error']>> {
  if (e instanceof TunnelConfigError) return { word: e.word };
  return e instanceof LinuxError ? { linux: { attempt: e.attempt, code: e.code } } : {};
}

function commands(): boolean {
  for (;;) {
    const received = receiveMessageOnPort(port) as { message: TunnelCommand } | undefined;
    if (received === undefined) return true;
    const { id } = received.message;
    let goOn = true;
    let answer: TunnelAnswer = { id };
    try {
      goOn = obey(received.message);
    } catch (e) {
      if (!(e instanceof Error)) throw e;
      answer = { id, error: { name: e.name, message: e.message, ...particulars(e) } };
    }
    port.postMessage(answer);
    if (!goOn) return false;
  }
}

while (!engine.step() || commands());
port.close();
