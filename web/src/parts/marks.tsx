/** Small things that mean the same on every page: states, mirrors, addresses. */
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import type { Answer } from '../../../src/console/contract.js';
import { useCarried } from '../app/frame.js';
import { SERIES_COLORS } from './colors.js';
import { NameOf } from './names.js';

/** Zeek's words for how a TCP conversation went, and what they mean. */
export const STATES: Readonly<
  Record<string, { readonly kind: 'ok' | 'warn' | 'bad' | ''; readonly words: string }>
> = {
  S0: { kind: 'bad', words: 'attempt without an answer' },
  S1: { kind: 'ok', words: 'established, not finished' },
  SF: { kind: 'ok', words: 'established and finished' },
  REJ: { kind: 'bad', words: 'attempt refused' },
  S2: { kind: 'warn', words: 'established; only the client has finished' },
  S3: { kind: 'warn', words: 'established; only the server has finished' },
  RSTO: { kind: 'warn', words: 'established; reset by the client' },
  RSTR: { kind: 'warn', words: 'established; reset by the server' },
  RSTOS0: { kind: 'bad', words: 'attempt given up by the client with a reset' },
  RSTRH: { kind: 'bad', words: 'answered, then reset by the server' },
  SH: { kind: 'warn', words: 'attempt and its end seen, no answer' },
  SHR: { kind: 'warn', words: 'answer and its end seen, no attempt' },
  OTH: { kind: '', words: 'no beginning seen' },
};

export function TcpState({ state }: { readonly state: string }) {
  if (state === '') return <span className="faint">–</span>;
  const { kind, words } = STATES[state] ?? { kind: '', words: state };
  return (
    <span className={`tag ${kind}`} title={words}>
      {state}
    </span>
  );
}

/** What a mirror point is called: by its name, or by what tells it apart. */
export function mirrorLabel(mirrors: Answer<'about'>['mirrors'], nameOrId: string): string {
  const found = mirrors.find((m) => m.id === nameOrId || (m.name !== '' && m.name === nameOrId));
  if (found === undefined || found.name !== '') return found?.name ?? nameOrId;
  const { source, session, key, type } = found;
  if (key !== null) return `${source} key ${key}`;
  return type.startsWith('erspan') && type !== 'erspan1'
    ? `${source} session ${session}`
    : `${source} ${type}`;
}

/** The place of a mirror point among all: its color on every page. */
export function mirrorColor(mirrors: Answer<'about'>['mirrors'], nameOrId: string): string {
  const at = mirrors.findIndex((m) => m.id === nameOrId || (m.name !== '' && m.name === nameOrId));
  return SERIES_COLORS[(at < 0 ? SERIES_COLORS.length - 1 : at) % SERIES_COLORS.length]!;
}

export function Mirror({
  mirrors,
  of,
  name = '',
  inline = false,
}: {
  readonly mirrors: Answer<'about'>['mirrors'];
  readonly of: string;
  /** What it is called, if the store does not know yet. */
  readonly name?: string;
  /** Within a sentence. */
  readonly inline?: boolean;
}) {
  return (
    <span className={inline ? '' : 'flex'}>
      <i className="dot" style={{ background: mirrorColor(mirrors, of) }} />
      {inline && ' '}
      {mirrors.some((m) => m.id === of) ? mirrorLabel(mirrors, of) : name || mirrorLabel(mirrors, of)}
    </span>
  );
}

/** An address that leads to its page, and its name in grey. */
export function Address({ address, port }: { readonly address: string; readonly port?: number | undefined }) {
  return (
    <>
      <Link
        to={'/hosts/$address' as string}
        params={{ address } as never}
        search={useCarried() as never}
        className="mono"
      >
        {address}
        {port !== undefined && port !== 0 && <span className="faint">:{port}</span>}
      </Link>
      <NameOf address={address} />
    </>
  );
}

/** `203.0.113.80:443`, `[2001:db8::1]:443`. */
export function serviceName(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** A service that leads to its page. */
export function ServiceLink(props: {
  readonly address: string;
  readonly port: number;
  readonly children?: ReactNode;
}) {
  const { address, port, children } = props;
  const service = serviceName(address, port);
  return (
    <Link
      to={'/services/$service' as string}
      params={{ service } as never}
      search={useCarried() as never}
      className="mono"
    >
      {children ?? service}
    </Link>
  );
}
