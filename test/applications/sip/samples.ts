import type { Sample } from '../../support/sample.js';

/** A SIP message: its first line, its headers, its body. */
export function sip(first: string, headers: Record<string, string>, body = ''): Uint8Array {
  const lines = Object.entries({ ...headers, 'Content-Length': String(body.length) });
  return Buffer.from(
    `${first}\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n${body}`,
  );
}

export function call(
  number: number,
  method: string,
  more: Record<string, string> = {},
): Record<string, string> {
  return {
    Via: 'SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bK776asdhds',
    From: '"Alice" <sip:alice@example.net>;tag=1928301774',
    To: 'Bob <sip:bob@example.org:5060;transport=udp>',
    'Call-ID': 'a84b4c76e66710@10.0.0.1',
    CSeq: `${number} ${method}`,
    ...more,
  };
}

export const SDP = [
  'v=0',
  'o=alice 2890844526 2890844526 IN IP4 10.0.0.1',
  's=-',
  'c=IN IP4 10.0.0.1',
  't=0 0',
  'm=audio 49170 RTP/AVP 0 96',
  'a=rtpmap:96 opus/48000/2',
  'm=video 0 RTP/AVP 31',
  '',
].join('\r\n');

const messages: Sample['messages'] = [
  [
    'client',
    sip('INVITE sip:bob@example.org SIP/2.0', call(1, 'INVITE', { 'User-Agent': 'Phone 1.2' }), SDP),
  ],
  ['server', sip('SIP/2.0 100 Trying', call(1, 'INVITE'))],
  ['server', sip('SIP/2.0 180 Ringing', call(1, 'INVITE'))],
  ['server', sip('SIP/2.0 200 OK', call(1, 'INVITE'), SDP)],
  ['client', sip('ACK sip:bob@example.org SIP/2.0', call(1, 'ACK'))],
  ['server', sip('BYE sip:alice@example.net SIP/2.0', call(7, 'BYE'))],
  ['client', sip('SIP/2.0 200 OK', call(7, 'BYE'))],
];

export const samples: readonly Sample[] = [
  { server: 5060, udp: true, messages },
  { server: 5060, messages },
];
