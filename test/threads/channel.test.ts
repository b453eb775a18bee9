import { MessageChannel } from 'node:worker_threads';
import { afterEach, describe, expect, it } from 'vitest';
import { LinuxError } from '../../src/linux/errors.js';
import { UsageError } from '../../src/model/errors.js';
import { StatementRefused, StoreUnavailable } from '../../src/store/errors.js';
import { Channel, type ChannelOptions, DEAF, type Deaf, type Handlers } from '../../src/threads/channel.js';
import type { Message } from '../../src/threads/message.js';
import { packError, RemoteError, unpackError } from '../../src/threads/packed-error.js';
import { PortTransport, type Transport } from '../../src/threads/transport.js';

type Counting = {
  asks: {
    double: (n: number) => number;
    slowly: (n: number) => number;
    refuse: (what: string) => void;
    count: (to: number) => void;
  };
  tells: { note: string };
};

const open: (() => void)[] = [];
afterEach(() => {
  for (const close of open.splice(0)) close();
});

/** Both ends of a channel over a real port. */
function pair(
  handlers: Handlers<Counting>,
  options: ChannelOptions = {},
  polled = false,
): { asker: Channel<Deaf, Counting>; transport: PortTransport } {
  const { port1, port2 } = new MessageChannel();
  open.push(() => port1.close());
  const transport = new PortTransport(port2, polled);
  new Channel<Counting, Deaf>(transport, handlers);
  return { asker: new Channel<Deaf, Counting>(new PortTransport(port1), DEAF, options), transport };
}

const noted: string[] = [];
const handlers: Handlers<Counting> = {
  asks: {
    double: (n) => 2 * n,
    slowly: async (n) => {
      for (let turn = 0; turn < n; turn++) await new Promise((resolve) => setImmediate(resolve));
      return n;
    },
    refuse: (what) => {
      throw what === 'statement' ? new StatementRefused('no') : new LinuxError('open it', 1, 'be root');
    },
    count: async (to, { piece, signal }) => {
      for (let n = 0; n < to && !signal.aborted; n++) await piece(Uint8Array.of(n));
    },
  },
  tells: { note: (text) => void noted.push(text) },
};

describe('a channel', () => {
  it('gives every request its own answer', async () => {
    const { asker } = pair(handlers);
    const answers = [5, 1, 3].map((n) => asker.ask('slowly', n));
    expect(await asker.ask('double', 21)).toBe(42);
    expect(await Promise.all(answers)).toEqual([5, 1, 3]);
  });

  it('delivers messages in the order of asks and tells', async () => {
    noted.length = 0;
    const { asker } = pair(handlers);
    asker.tell('note', 'one');
    asker.tell('note', 'two');
    await asker.ask('double', 1);
    expect(noted).toEqual(['one', 'two']);
  });

  it('delivers an error as its class if that class is registered, else as a RemoteError', async () => {
    const { asker } = pair(handlers, { errors: { StatementRefused } });
    const refused = await asker.ask('refuse', 'statement').catch((e: unknown) => e);
    expect(refused).toBeInstanceOf(StatementRefused);
    expect(refused).toMatchObject({ message: 'no', exitCode: 2, code: 'STATEMENT_REFUSED' });
    const linux = await asker.ask('refuse', 'linux').catch((e: unknown) => e);
    expect(linux).toBeInstanceOf(RemoteError);
    expect(linux).toMatchObject({
      message: 'cannot open it: EPERM (be root)',
      code: 'EPERM',
      hint: 'be root',
      attempt: 'open it',
      exitCode: 1,
    });
  });

  it('sends the next piece when the one before was taken', async () => {
    const { asker } = pair(handlers);
    const got: number[] = [];
    let taking = 0;
    await asker.ask('count', 5, {
      piece: async ([n]) => {
        expect(++taking).toBe(1);
        await new Promise((resolve) => setImmediate(resolve));
        got.push(n);
        taking--;
      },
    });
    expect(got).toEqual([0, 1, 2, 3, 4]);
  });

  it('ends a request that was aborted, and reports its end', async () => {
    const { asker } = pair(handlers);
    const left = new AbortController();
    const got: number[] = [];
    await asker.ask('count', 1000, {
      signal: left.signal,
      piece: ([n]) => {
        got.push(n);
        if (n === 2) left.abort();
      },
    });
    expect(got).toEqual([0, 1, 2]);
    // With a signal that is already aborted, the request ends as it begins.
    await asker.ask('count', 1000, { signal: AbortSignal.abort() });
  });

  it('fails a request whose piece could not be taken', async () => {
    const { asker } = pair(handlers);
    const piece = () => {
      throw new UsageError('no room');
    };
    await expect(asker.ask('count', 3, { piece })).rejects.toThrow('no room');
  });

  it('answers while messages are drained without an event loop', async () => {
    const { asker, transport } = pair(handlers, {}, true);
    let answered: number | undefined;
    const answer = asker.ask('double', 4).then((n) => {
      answered = n;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(answered).toBeUndefined();
    transport.drain();
    await answer;
    expect(answered).toBe(8);
  });

  it('fails all requests once if the other side is gone', async () => {
    const lost = wires();
    const ended: Error[] = [];
    const asker = new Channel<Deaf, Counting>(lost.transport, DEAF, { ended: (e) => ended.push(e) });
    const asked = [asker.ask('double', 1), asker.ask('double', 2)];
    lost.gone(new Error('killed'));
    lost.gone(new Error('and again'));
    for (const answer of asked) await expect(answer).rejects.toThrow('killed');
    await expect(asker.ask('double', 3)).rejects.toThrow('killed');
    expect(ended.map((e) => e.message)).toEqual(['killed']);
    const before = lost.posted.length;
    asker.tell('note', 'to nobody');
    expect(lost.posted.length).toBe(before);
  });

  it('ends on both sides if a tell fails', async () => {
    const lost = wires();
    new Channel<Counting, Deaf>(lost.transport, {
      ...handlers,
      tells: {
        note: () => {
          throw new StoreUnavailable('the disk is gone');
        },
      },
    });
    expect(() => lost.heard({ kind: 'tell', what: 'note', value: 'x' })).toThrow('the disk is gone');
    const [fatal] = lost.posted;
    const other = wires();
    let error: Error | undefined;
    const asker = new Channel<Deaf, Counting>(other.transport, DEAF, {
      errors: { StoreUnavailable },
      ended: (e) => {
        error = e;
      },
    });
    const asked = asker.ask('double', 1);
    other.heard(structuredClone(fatal));
    await expect(asked).rejects.toThrow('the disk is gone');
    expect(error).toBeInstanceOf(StoreUnavailable);
  });

  it('reports no end after it was closed', async () => {
    const lost = wires();
    const ended: Error[] = [];
    const asker = new Channel<Deaf, Counting>(lost.transport, DEAF, { ended: (e) => ended.push(e) });
    const asked = asker.ask('double', 1);
    asker.close();
    lost.gone(new Error('exit status 0'));
    await expect(asked).rejects.toThrow('the channel is closed');
    expect(ended).toEqual([]);
  });

  it('ends at an unknown tell', () => {
    const lost = wires();
    new Channel<Counting, Deaf>(lost.transport, handlers);
    expect(() => lost.heard({ kind: 'tell', what: 'toString', value: 0 })).toThrow('"toString"');
    expect(lost.posted).toMatchObject([{ kind: 'fatal' }]);
  });

  it('answers an unknown ask with an error', async () => {
    const lost = wires();
    new Channel<Counting, Deaf>(lost.transport, handlers);
    lost.heard({ kind: 'ask', id: 1, what: 'constructor', value: 0 });
    expect(lost.posted).toMatchObject([{ kind: 'failure', id: 1 }]);
  });
});

describe('a packed error', () => {
  it('is plain data, and keeps the stack of a defect', () => {
    const defect = new TypeError('x is not a function', { cause: new Error('deep') });
    const packed = structuredClone(packError(defect));
    const back = unpackError(packed, { LinuxError });
    expect(back).not.toBeInstanceOf(RemoteError);
    expect(back.stack).toBe(defect.stack);
    expect(unpackError(packError('thrown as text')).message).toBe('thrown as text');
  });

  it('has the fields of its class', () => {
    const error = new LinuxError('bind to eth0', 19);
    const back = unpackError(structuredClone(packError(error)), { LinuxError });
    expect(back).toBeInstanceOf(LinuxError);
    expect({ ...back, message: back.message }).toEqual({ ...error, message: error.message });
  });
});

/** A transport whose other end the test holds. */
function wires(): {
  transport: Transport;
  posted: Message[];
  heard: (message: Message) => void;
  gone: (error: Error) => void;
} {
  const posted: Message[] = [];
  const ends = { heard: (_: Message) => {}, gone: (_: Error) => {} };
  const transport: Transport = {
    post: (message) => void posted.push(message),
    listen: (heard, gone) => Object.assign(ends, { heard, gone }),
  };
  return { transport, posted, heard: (m) => ends.heard(m), gone: (e) => ends.gone(e) };
}
