/** The monitor of a QEMU process. It speaks QMP: one JSON object per line, in both directions. */
import { createInterface, type Interface } from 'node:readline';
import type { Duplex } from 'node:stream';

interface Answer {
  readonly return?: unknown;
  readonly error?: { readonly desc: string };
}

/** Milliseconds between two queries for a status. */
const AGAIN_MS = 20;

export class QemuMonitor {
  private constructor(
    private readonly stream: Duplex,
    private readonly lines: AsyncIterator<string>,
  ) {}

  /** Negotiates on a socket that QEMU was started with. */
  static async open(stream: Duplex): Promise<QemuMonitor> {
    // When it closes, reading the lines fails, which is reported; an error of a write adds nothing.
    stream.on('error', () => undefined);
    const input: Interface = createInterface({ input: stream });
    const monitor = new QemuMonitor(stream, input[Symbol.asyncIterator]());
    await monitor.ask('qmp_capabilities');
    return monitor;
  }

  /** Runs a command, skipping greetings and events. @returns what QEMU returns */
  async ask<T>(execute: string, words: Record<string, unknown> = {}): Promise<T> {
    this.stream.write(`${JSON.stringify({ execute, arguments: words })}\n`);
    for (;;) {
      const { value, done } = await this.lines.next();
      if (done === true) throw new Error(`QEMU ended while it was asked to ${execute}`);
      const answer = JSON.parse(value) as Answer;
      if (answer.error !== undefined) throw new Error(`QEMU: ${execute}: ${answer.error.desc}`);
      if ('return' in answer) return answer.return as T;
    }
  }

  /** Queries until the status is one of `ends`. @returns that status */
  async status(command: 'query-status' | 'query-migrate', ends: readonly string[]): Promise<string> {
    for (;;) {
      const { status } = await this.ask<{ status: string }>(command);
      if (ends.includes(status)) return status;
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  }
}
