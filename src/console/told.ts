/** Whether it is the network or the server, in a sentence with its numbers. */
import type { Service, Wait } from './contract/services.js';
import { FEWEST, slowFor } from './slow-for.js';
import { counted, milliseconds, plural } from './words.js';

export interface Telling {
  /** The application, or the transport where it is not known. */
  readonly app: string;
  readonly conversations: number;
  readonly clients: number;
  readonly answered: number;
  readonly refused: number;
  /** From a SYN to its SYN-ACK, the median, microseconds. */
  readonly synAckUs: number | null;
  readonly all: Wait;
  readonly networks: Service['waits']['networks'];
  readonly others: Service['waits']['others'];
}

/** What a client waits for without noticing, microseconds. */
const FAST = 20_000;
/** So many times as long as at other servers is slow. */
const SLOWER = 3;
/** A part that is at least this share is most of it. */
const MOST = 0.6;
const NEARLY_ALL = 0.98;
/** SYN-ACKs later than other acknowledgments by so much: connections wait to be accepted. */
const ACCEPT_TIMES = 2;
const ACCEPT_US = 10_000;

type Told = Service['told'];

export function toldOf(telling: Telling): Told {
  const { conversations, answered, refused, clients, all } = telling;
  if (conversations === 0)
    return {
      tone: 'none',
      head: 'Nobody asked it in this time',
      text: 'Look at a longer time, or at all mirrors.',
    };
  const by = `${counted(conversations)} of ${plural(conversations, 'attempt')}, ${plural(clients, 'client')}`;
  if (answered === 0)
    return refused > conversations / 2
      ? {
          tone: 'bad',
          head: `It refuses everybody: ${by}`,
          text: 'A reset comes back: nothing listens at this port, or a firewall says no.',
        }
      : {
          tone: 'bad',
          head: `It answers nobody: ${by}`,
          text: 'Nothing comes back: the host is away, or something on the way drops it.',
        };
  const parts = partsOf(all);
  if (parts === undefined)
    return {
      tone: 'none',
      head: 'Network and server cannot be told apart here',
      text:
        'No conversation has both an answer and a round trip: that takes TCP whose segments are ' +
        'acknowledged. Slowest answers has what was timed.',
    };
  const failing =
    refused > 0 ? ` It refuses ${counted(refused)} of ${plural(conversations, 'attempt')}.` : '';
  const some = onlySome(telling);
  if (some !== undefined) return { ...some, text: `${some.text}${accepting(telling)}${failing}` };
  const { wait } = parts;
  const yardstick = partsOf(telling.others);
  const slow = wait >= FAST && (yardstick === undefined ? wait >= 5 * FAST : wait >= SLOWER * yardstick.wait);
  return {
    tone: slow ? 'warn' : 'ok',
    head: headOf(parts),
    text: `${wayOf(parts)}${comparedWith(telling, yardstick)}${accepting(telling)}${failing}`,
  };
}

interface Parts {
  readonly client: number;
  readonly way: number;
  readonly server: number;
  readonly wait: number;
}

function partsOf({ timed, client_rtt_us, server_rtt_us, server_us }: Wait): Parts | undefined {
  if (timed === 0 || client_rtt_us === null || server_rtt_us === null || server_us === null) return undefined;
  const wait = client_rtt_us + server_rtt_us + server_us;
  return wait === 0 ? undefined : { client: client_rtt_us, way: server_rtt_us, server: server_us, wait };
}

function headOf({ client, way, server, wait }: Parts): string {
  const of = (part: number): string =>
    `${part >= NEARLY_ALL * wait ? 'nearly all' : numberOf(part, wait)} of the ${milliseconds(wait)}`;
  const network = client + way;
  if (server >= MOST * wait) return `It is mostly the server: ${of(server)} that a client waits`;
  if (network >= MOST * wait) return `It is mostly the network: ${of(network)} that a client waits`;
  return (
    `Network and server take about the same: ${numberOf(network, wait)} and ${milliseconds(server)} of the ` +
    `${milliseconds(wait)} that a client waits`
  );
}

/** A part of a time, without its unit where the whole has the same. */
function numberOf(part: number, whole: number): string {
  const [text, of] = [milliseconds(part), milliseconds(whole)];
  return text.split(' ')[1] === of.split(' ')[1] ? text.split(' ')[0] : text;
}

function wayOf({ client, way, server }: Parts): string {
  return (
    `The network adds ${milliseconds(client)} between client and mirror and ${milliseconds(way)} between ` +
    `mirror and server, the server ${milliseconds(server)}`
  );
}

function comparedWith({ app, others }: Telling, yardstick: Parts | undefined): string {
  if (yardstick === undefined || others.timed < FEWEST) return '.';
  const servers = plural(others.servers, `other ${called(app)} server`);
  return `; the same clients wait ${milliseconds(yardstick.wait)} in all for ${servers}.`;
}

/** Short names of applications are initials: TLS, SMB. */
function called(app: string): string {
  return app.length <= 4 ? app.toUpperCase() : app;
}

function accepting({ synAckUs, all }: Telling): string {
  const ack = all.server_rtt_us;
  if (synAckUs === null || ack === null) return '';
  if (synAckUs < ACCEPT_TIMES * ack || synAckUs < ack + ACCEPT_US) return '';
  return (
    ` Its SYN-ACK takes ${milliseconds(synAckUs)} where its ACK of data takes ${milliseconds(ack)}: new ` +
    'connections wait to be accepted.'
  );
}

/** Where it is slow for some networks of clients only. */
function onlySome({ networks }: Telling): Told | undefined {
  const known = networks.flatMap((network) => {
    const parts = partsOf(network);
    return parts === undefined
      ? []
      : [{ ...network, ...parts, us: parts.wait, conversations: network.timed }];
  });
  const found = slowFor(known);
  if (found === undefined) return undefined;
  const [slowest] = found.slow;
  const more = found.slow.length - 1;
  const whom =
    more === 0 ? `${slowest.prefix} only` : `${slowest.prefix} and ${plural(more, 'more network')}`;
  const network = slowest.client + slowest.way;
  const why =
    slowest.server >= MOST * slowest.wait
      ? `${milliseconds(slowest.server)} of it are the server's own: it does more for them.`
      : `${milliseconds(network)} of it are the network's: it is the way there, not the server.`;
  return {
    tone: 'warn',
    head:
      `It is slow for ${whom}: ${milliseconds(slowest.wait)} where others wait ` +
      milliseconds(found.othersUs),
    text: why,
  };
}
