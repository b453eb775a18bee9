import { Told } from '../../model/told.js';
import { Ntlm } from '../ntlm/ntlm.js';
import type { Question } from '../question.js';
import type { Dialogue } from '../reader.js';
import { Filters } from './filter.js';
import { type LdapMessage, Operation } from './message.js';
import { resultName, resultOutcome, SUCCESS } from './results.js';
import type { LdapState } from './state.js';

const SCOPES = ['base', 'one', 'sub'] as const;
/** RFC 4511, 4.14. */
const START_TLS = '1.3.6.1.4.1.1466.20037';
/** `PLAIN` */
const PLAIN = [0x50, 0x4c, 0x41, 0x49, 0x4e];
/** The name in Sicily's first messages, which is no user's. */
const SICILY_PACKAGE = 'NTLM';
/** In a bind's question: it is by SASL; it only asks for a challenge. */
const BY_SASL = 1;
const CHALLENGE = 2;

/** The rows of LDAP's operations. */
export class LdapOperations {
  private readonly ntlm = new Ntlm();
  private readonly filters = new Filters();

  /** Takes a message; `partial`: not all of its bytes are in `b`. */
  take(d: Dialogue, state: LdapState, m: LdapMessage, b: Uint8Array, partial: boolean): void {
    switch (m.operation) {
      case Operation.BindRequest:
        this.bind(d, state, m, b);
        return;
      case Operation.UnbindRequest:
      case Operation.AbandonRequest: {
        d.sentByClient(true);
        const q = d.row();
        q.method = m.operation === Operation.UnbindRequest ? 'unbind' : 'abandon';
        q.userName = state.user;
        return;
      }
      case Operation.SearchRequest: {
        const q = ask(d, state, m, b, 'search');
        if (m.filterEnd > m.filter)
          q.resource = this.filters.text(d.texts, b, m.filter, m.filterEnd, partial);
        if (!Number.isNaN(m.scope)) q.attribute('scope', SCOPES[m.scope] ?? String(m.scope));
        return;
      }
      case Operation.ModifyRequest:
        ask(d, state, m, b, 'modify');
        return;
      case Operation.AddRequest:
        ask(d, state, m, b, 'add');
        return;
      case Operation.DelRequest:
        ask(d, state, m, b, 'delete');
        return;
      case Operation.ModifyDnRequest:
        ask(d, state, m, b, 'modify_dn');
        return;
      case Operation.CompareRequest:
        ask(d, state, m, b, 'compare');
        return;
      case Operation.ExtendedRequest: {
        const q = ask(d, state, m, b, 'extended');
        q.resource = q.name;
        q.name = '';
        return;
      }
      case Operation.SearchResultEntry:
      case Operation.SearchResultReference:
      case Operation.IntermediateResponse: {
        d.sentByClient(false);
        const q = d.find(m.id);
        if (q === undefined) return;
        d.begin(q);
        if (m.operation === Operation.SearchResultEntry) q.note++;
        return;
      }
      case Operation.BindResponse:
        answer(d, state, m, b, 'bind');
        return;
      case Operation.SearchResultDone:
        answer(d, state, m, b, 'search');
        return;
      case Operation.ModifyResponse:
        answer(d, state, m, b, 'modify');
        return;
      case Operation.AddResponse:
        answer(d, state, m, b, 'add');
        return;
      case Operation.DelResponse:
        answer(d, state, m, b, 'delete');
        return;
      case Operation.ModifyDnResponse:
        answer(d, state, m, b, 'modify_dn');
        return;
      case Operation.CompareResponse:
        answer(d, state, m, b, 'compare');
        return;
      case Operation.ExtendedResponse:
        answer(d, state, m, b, 'extended');
    }
  }

  /** A bind: who, by name or by what a token says. */
  private bind(d: Dialogue, state: LdapState, m: LdapMessage, b: Uint8Array): void {
    const q = ask(d, state, m, b, 'bind');
    const { name } = q;
    q.name = '';
    if (m.isSasl) q.note = BY_SASL;
    q.userName = '';
    if (m.tokenEnd > m.token) q.userName = isPlain(m, b) ? plainUser(d, m, b) : this.tokenUser(d, m, b, q);
    // A name beside a token says less than that does, if it is there at all (RFC 4511, 4.2).
    if (q.userName === '' && !(m.isSicily && name === SICILY_PACKAGE)) q.userName = name;
    if (m.asksChallenge) q.note = CHALLENGE;
    else if (state.tried === '') state.tried = q.userName;
  }

  private tokenUser(d: Dialogue, m: LdapMessage, b: Uint8Array, q: Question): string {
    const { ntlm } = this;
    if (!ntlm.find(d.texts, b, m.token, m.tokenEnd)) return '';
    if (ntlm.workstation !== '') q.attribute('workstation', ntlm.workstation);
    return ntlm.user;
  }
}

function ask(d: Dialogue, state: LdapState, m: LdapMessage, b: Uint8Array, method: string): Question {
  d.sentByClient(true);
  const q = d.ask(m.id);
  q.method = method;
  q.name = d.texts.utf8(b, m.name, m.nameEnd);
  q.userName = state.user;
  return q;
}

function answer(d: Dialogue, state: LdapState, m: LdapMessage, b: Uint8Array, method: string): void {
  d.sentByClient(false);
  const status = resultName(m.result);
  const asked = d.find(m.id);
  if (asked === undefined || asked.method !== method) {
    // Number 0 are notices of the server's own accord (RFC 4511, 4.4).
    const q = m.id === 0 && method === 'extended' ? d.row() : d.unasked();
    q.method = method;
    q.status = status;
    q.resource = d.texts.ascii(b, m.name, m.nameEnd);
    return;
  }
  asked.status = status;
  if (method === 'search') asked.attribute('count', String(asked.note));
  d.answer(asked, resultOutcome(m.result));
  if (m.result !== SUCCESS) return;
  if (method === 'bind' && asked.note !== CHALLENGE) {
    state.user = asked.userName;
    state.isSasl = asked.note === BY_SASL;
    d.tell(Told.UserName, asked.userName);
  } else if (method === 'extended' && asked.resource === START_TLS) d.become('tls');
}

function isPlain(m: LdapMessage, b: Uint8Array): boolean {
  if (m.mechanismEnd - m.mechanism !== PLAIN.length) return false;
  for (let i = 0; i < PLAIN.length; i++) if (b[m.mechanism + i] !== PLAIN[i]) return false;
  return true;
}

/** The user of SASL PLAIN (RFC 4616, 2): identity, NUL, user, NUL, password. */
function plainUser(d: Dialogue, m: LdapMessage, b: Uint8Array): string {
  let from = m.token;
  while (from < m.tokenEnd && b[from] !== 0) from++;
  let to = ++from;
  while (to < m.tokenEnd && b[to] !== 0) to++;
  return to < m.tokenEnd ? d.texts.utf8(b, from, to) : '';
}
