import { NAMES_FORMAT, readNames } from '../../export/names.js';
import { writePackets } from '../../export/packets.js';
import { frameStart } from '../../model/frame-start.js';
import { LONGEST_QUESTION } from '../../model/question-limits.js';
import { PcapngWriter } from '../../receive/file/pcapng-writer.js';
import { namesOfSessions } from '../../store/best-names.js';
import { PACKET_ROW_FORMAT, packetRowsStatement } from '../../store/packet-rows.js';
import { copyAddress16, formatMac } from '../../wire/ip/addresses.js';
import { decodeFrame, Frame, KNOWN_TUNNEL_PORTS, Walk } from '../../wire/walk/frame.js';
import type { KeptFrame, PacketsSession } from '../contract/packets.js';
import type { Who } from '../contract/sign-in.js';
import { BodyOutput } from '../downloads.js';
import { RequestError } from '../errors.js';
import { allowCondition, type Handlers, metaOf, type Services, surroundings } from '../handler.js';
import { objects } from '../questions.js';
import {
  copiesStatement,
  countStatement,
  framesStatement,
  type Original,
  ofSession,
  sessionStatement,
} from '../statements/packets.js';
import { parseTime, scoped } from '../statements/scope.js';

type SessionRow = PacketsSession & Original & { readonly kept: number };

/** No cache may keep what people said. */
const NO_STORE = { 'Cache-Control': 'no-store' } as const;

export const packetsHandlers: Handlers<
  'sessionPackets' | 'sessionCopies' | 'packetsCount' | 'packetsCapture' | 'sessionCapture'
> = {
  sessionPackets: async ({ params: { id }, query: { after, limit }, who, signal }, services) => {
    const { prefix } = services.facts;
    const statement = framesStatement(id, after, limit, prefix);
    const [row, answer] = await Promise.all([
      sessionOf(id, services, signal),
      services.questions.ask(statement, { signal, keep: 0 }),
    ]);
    services.log.info({ audit: true, who: who.name, session: row.session_id, after }, 'packets looked at');
    const rows = objects<FrameRow>(answer);
    const found = Number(rows[0]?.found ?? 0);
    const sender = new Sender(row);
    const frames = rows.slice(0, limit).map((one, i) => sender.frame(one, after + i + 1));
    const { kept } = row;
    const meta = metaOf(statement, 'packets', answer);
    return Response.json(
      { session: said(row), frames, more: found > frames.length, kept, meta },
      { headers: NO_STORE },
    );
  },
  sessionCopies: async ({ params: { id }, signal }, services) => {
    const row = await sessionOf(id, services, signal);
    const [from, to] = [row.first_seen, row.last_seen].map((time) => parseTime('time', time, 0));
    const statement = copiesStatement(row, from, to, services.facts.prefix);
    const answer = await services.questions.ask(statement, { signal });
    const copies = objects<SessionRow>(answer).map(said);
    return Response.json({ copies, meta: metaOf(statement, 'sessions', answer) }, { headers: NO_STORE });
  },
  packetsCount: async ({ query, who, signal }, services) => {
    allowCondition(query, who);
    const { where } = scoped(query, await surroundings(services, query, signal));
    const statement = countStatement(where, services.facts.prefix);
    const answer = await services.questions.ask(statement, { signal });
    const [row] = objects<{ packets: number; bytes: number; left: number }>(answer);
    return Response.json(
      { ...row, busy: services.downloads.isBusy(who.name), meta: metaOf(statement, 'packets', answer) },
      { headers: NO_STORE },
    );
  },
  packetsCapture: async ({ query, who, signal }, services) => {
    allowCondition(query, who);
    const { where, range } = scoped(query, await surroundings(services, query, signal));
    const [from, to] = [range.from, range.to].map((time) => fileTime(Number(time / 1_000_000n)));
    return capture(where, `${from}-to-${to}`, query.encapsulated === '1', who, signal, services);
  },
  sessionCapture: async ({ params: { id }, query, who, signal }, services) => {
    const { client, client_port, server, server_port, first_seen } = await sessionOf(id, services, signal);
    const end = (address: string, port: number): string => (port === 0 ? address : `${address}-${port}`);
    const time = fileTime(Date.parse(first_seen));
    const name = `${end(client, client_port)}-${end(server, server_port)}-${time}`;
    return capture(ofSession(id), name, query.encapsulated === '1', who, signal, services);
  },
};

/** @throws RequestError 404 for one that is not there */
async function sessionOf(id: string, services: Services, signal: AbortSignal): Promise<SessionRow> {
  const statement = sessionStatement(id, services.facts.prefix);
  const [row] = objects<SessionRow>(await services.questions.ask(statement, { signal }));
  if (row === undefined)
    throw new RequestError(`there is no session ${id} in the store`, 404, {
      hint: 'sessions are removed after the retention time; its packets may have gone before',
    });
  return row;
}

/** What an answer says of a session. */
function said(row: SessionRow): PacketsSession {
  const { client_ip, server_ip, client_mac, server_mac, protocol, ether_type, kept, ...session } = row;
  return session;
}

interface FrameRow extends Omit<KeptFrame, 'number' | 'direction' | 'truncated'> {
  readonly truncated: boolean | number;
  readonly found: number;
}

/** Tells who sent frames of a session. */
class Sender {
  private readonly walk = new Walk(KNOWN_TUNNEL_PORTS);
  private readonly fields = new Frame();
  private readonly address = new Uint8Array(16);
  private readonly client: string;
  private readonly server: string;

  constructor(private readonly session: SessionRow) {
    this.client = session.client_ip.toLowerCase();
    this.server = session.server_ip.toLowerCase();
  }

  frame({ found, truncated, ...row }: FrameRow, number: number): KeptFrame {
    const direction = this.direction(row);
    return { number, ...row, direction, truncated: Boolean(truncated) };
  }

  private direction(row: Omit<FrameRow, 'truncated' | 'found'>): KeptFrame['direction'] {
    const { walk, fields: f, session } = this;
    const b = Buffer.from(row.data, 'base64');
    const { kind, type } = frameStart(row.layer, row.mirror_type, row.gre_protocol);
    decodeFrame(walk, kind, type, b, 0, b.length, Math.max(b.length, row.original_length), f);
    if (f.ipVersion === 0) {
      if (f.macSource < 0 || f.mac < 0) return '';
      return side(formatMac(b, f.macSource), formatMac(b, f.mac), session.client_mac, session.server_mac);
    }
    const [from, to] = [this.addressAt(b, f.source), this.addressAt(b, f.destination)];
    // A later fragment has no ports, and neither has ICMP.
    if (f.sourcePort === 0 && f.destinationPort === 0) return side(from, to, this.client, this.server);
    return side(
      `${from} ${f.sourcePort}`,
      `${to} ${f.destinationPort}`,
      `${this.client} ${session.client_port}`,
      `${this.server} ${session.server_port}`,
    );
  }

  private addressAt(b: Uint8Array, o: number): string {
    copyAddress16(b, o, this.fields.ipVersion, this.address, 0);
    return Buffer.from(this.address.buffer).toString('hex');
  }
}

function side(from: string, to: string, client: string, server: string): KeptFrame['direction'] {
  if (client === server) return '';
  if (from === client || to === server) return 'client';
  return from === server || to === client ? 'server' : '';
}

/** A time for a file's name. @param ms since 1970 */
function fileTime(ms: number): string {
  return new Date(ms)
    .toISOString()
    .replace(/\.\d+Z$/, 'Z')
    .replaceAll(':', '');
}

/**
 * The packets of chosen sessions as a capture, as `mirrorlake export` writes it.
 *
 * @param where a condition over `sessions`
 * @param name of the file, without its ending
 */
async function capture(
  where: string,
  name: string,
  encapsulated: boolean,
  who: Who,
  asking: AbortSignal,
  { asker, downloads, facts, log }: Services,
): Promise<Response> {
  const abort = new AbortController();
  const leave = (): void => abort.abort();
  asking.addEventListener('abort', leave, { once: true });
  if (asking.aborted) leave();
  const { signal } = abort;
  const end = await downloads.begin(who.name, signal);
  const audit = { audit: true, who: who.name, where, encapsulated };
  log.info(audit, 'packets are downloaded');
  try {
    const names = await readNames(
      await asker.ask(namesOfSessions(where, facts.prefix), {
        format: NAMES_FORMAT,
        seconds: LONGEST_QUESTION,
        signal,
      }),
    );
    const answer = await asker.ask(packetRowsStatement(where, facts.prefix), {
      format: PACKET_ROW_FORMAT,
      seconds: LONGEST_QUESTION,
      signal,
    });
    const body = new BodyOutput(leave);
    signal.addEventListener('abort', () => body.leave(), { once: true });
    const write = async (): Promise<void> => {
      const writer = new PcapngWriter(body);
      await writer.addNames(names);
      const { packets, left } = await writePackets(answer, writer, encapsulated);
      await writer.close();
      log.info({ ...audit, packets, left }, 'packets were downloaded');
    };
    void write()
      .catch((error: Error) => {
        log.info({ ...audit, err: error }, 'a download of packets broke off');
        body.fail(error);
        answer.destroy();
      })
      .finally(end);
    return new Response(body.stream, {
      headers: {
        ...NO_STORE,
        'Content-Type': 'application/x-pcapng',
        'Content-Disposition': `attachment; filename="${fileName(name, encapsulated)}"`,
      },
    });
  } catch (error) {
    end();
    throw error;
  }
}

/** Only what every file system takes. */
function fileName(name: string, encapsulated: boolean): string {
  return `mirrorlake-${name.replace(/[^\w.-]+/g, '_')}${encapsulated ? '-encapsulated' : ''}.pcapng`;
}
