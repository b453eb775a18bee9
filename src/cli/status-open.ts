/** `mirrorlake status --open`: the strongest open sessions of a running collector. */

import type { OpenRequest, OpenResult } from '../model/live.js';
import { counted, grouped, sizeWords } from '../model/words.js';
import { openReply } from '../observe/control.js';
import { table, terminalColumns } from './terminal.js';

/** The columns of `sessions` that are printed. */
interface OpenRow {
  readonly first_seen: string;
  readonly client_ip: string;
  readonly client_port: number;
  readonly server_ip: string;
  readonly server_port: number;
  readonly transport: string;
  readonly app_protocol: string;
  readonly mirror_name: string;
  readonly mirror_source: string;
  readonly client_packets: number;
  readonly server_packets: number;
  readonly client_bytes: number;
  readonly server_bytes: number;
}

/**
 * Prints them, as a table or as the rows themselves in NDJSON.
 *
 * @param path the collector's control socket
 * @throws ControlError with the collector's words
 */
export async function printOpen(path: string, limit: number, json: boolean): Promise<void> {
  const request: OpenRequest = { command: 'open', limit };
  const reply = await openReply(path, { ...request });
  const pieces: Buffer[] = [];
  for await (const piece of reply.body) {
    if (json) process.stdout.write(piece);
    else pieces.push(piece);
  }
  if (json) return;
  const lines = Buffer.concat(pieces).toString('utf8').split('\n').slice(0, -1);
  const rows = lines.map((line) => JSON.parse(line) as OpenRow);
  process.stdout.write(openText(reply.result as OpenResult, rows, terminalColumns(process.stdout)));
}

/** @param width columns of the terminal; undefined: the table may have any width */
export function openText(result: OpenResult, rows: readonly OpenRow[], width?: number): string {
  const { open, shown } = result;
  const most = shown < open ? `, the ${grouped(shown)} with most bytes:` : '';
  const head = `${counted(open, 'session')} open${most}`;
  if (rows.length === 0) return `${head}\n`;
  const body = table(
    ['CLIENT', 'SERVER', 'TRANSPORT', 'APPLICATION', 'MIRROR', 'SINCE', 'PACKETS', 'SIZE'],
    rows.map((r) => [
      endpoint(r.client_ip, r.client_port),
      endpoint(r.server_ip, r.server_port),
      r.transport,
      r.app_protocol || '-',
      r.mirror_name || r.mirror_source,
      `${r.first_seen.slice(11, 19)}Z`,
      grouped(r.client_packets + r.server_packets),
      sizeWords(r.client_bytes + r.server_bytes),
    ]),
    width,
  );
  return `${[head, '', ...body].join('\n')}\n`;
}

/** 10.0.0.1:80, [2001:db8::1]:80, or the address alone where there are no ports. */
function endpoint(address: string, port: number): string {
  if (port === 0) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
