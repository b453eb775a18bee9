import { Told } from '../../model/told.js';
import { u64le } from '../little-endian.js';
import { Ntlm } from '../ntlm/ntlm.js';
import type { Question } from '../question.js';
import type { Dialogue } from '../reader.js';
import { CREATED_ID_AT, dialectOf, FILE_ID_BYTES, nameOf, textEnd, textStart } from './fields.js';
import { Command, HEADER_BYTES, type SmbHeader } from './header.js';
import type { SmbState } from './state.js';
import { STATUS_PENDING, statusName, statusOutcome } from './status.js';

/** Ids that mean those of the message before: all ones (of 64 bits: rounded). */
const SAME_ID = 2 ** 64;
const SAME_TREE = 0xffff_ffff;
/** In a CREATE's question: the packet that creates the file also closes it. */
const CLOSED = 1;

/** What requests and responses of SMB 2 and 3 say: their rows, and names for later ones. */
export class SmbMessages {
  private readonly ntlm = new Ntlm();

  /** Takes the request whose header at `h` was read. */
  ask(d: Dialogue, state: SmbState, m: SmbHeader, b: Uint8Array, h: number, end: number): void {
    if (m.command === Command.Cancel) return;
    if (!m.isRelated || m.session !== SAME_ID) state.session = m.session;
    if (!m.isRelated || m.tree !== SAME_TREE) state.tree = m.tree;
    const q = d.ask(m.messageId);
    q.method = m.name;
    q.userName = state.users.get(state.session, 0);
    if (m.command !== Command.TreeConnect) q.name = state.shares.get(state.session, state.tree);
    switch (m.command) {
      case Command.SessionSetup:
        q.userName = this.user(d, b, textStart(m.command, b, h, end), textEnd(m.command, b, h, end));
        if (this.ntlm.workstation !== '') q.attribute('workstation', this.ntlm.workstation);
        if (state.tried === '') state.tried = q.userName;
        return;
      case Command.TreeConnect:
        q.name = nameOf(d.texts, m.command, b, h, end);
        return;
      case Command.Create:
        q.resource = nameOf(d.texts, m.command, b, h, end);
        state.file = q.resource;
        state.createId = m.messageId;
        return;
      default:
        if (m.fileIdAt > 0) q.resource = this.file(d, state, m, b, h + HEADER_BYTES + m.fileIdAt, end);
    }
  }

  /** Takes the response whose header at `h` was read. */
  answer(d: Dialogue, state: SmbState, m: SmbHeader, b: Uint8Array, h: number, end: number): void {
    if (m.status === STATUS_PENDING) return;
    let asked = d.find(m.messageId);
    if (asked !== undefined && asked.method !== m.name) asked = undefined;
    if (asked === undefined && m.command === Command.Negotiate && state.offered) {
      // It answers a NEGOTIATE of SMB 1.
      state.offered = false;
      return;
    }
    const q = asked ?? d.unasked();
    q.status = statusName(m.status);
    if (m.command === Command.Negotiate && m.status === 0) {
      const dialect = dialectOf(b, h, end);
      if (dialect !== '') q.attribute('dialect', dialect);
    }
    if (asked === undefined) {
      q.method = m.name;
      q.userName = state.users.get(m.session, 0);
      if (!m.isAsync) q.name = state.shares.get(m.session, m.tree);
      return;
    }
    if (m.status === 0) this.learn(d, state, m, q, b, h, end);
    d.answer(q, statusOutcome(m.status));
  }

  /** The user of a token that says one. */
  user(d: Dialogue, b: Uint8Array, o: number, end: number): string {
    return this.ntlm.find(d.texts, b, o, end) ? this.ntlm.user : '';
  }

  /** Keeps what an answer says for those that come. */
  private learn(
    d: Dialogue,
    state: SmbState,
    m: SmbHeader,
    q: Question,
    b: Uint8Array,
    h: number,
    end: number,
  ): void {
    switch (m.command) {
      case Command.SessionSetup:
        if (q.userName === '') return;
        state.users.set(m.session, 0, q.userName);
        d.tell(Told.UserName, q.userName);
        return;
      case Command.Logoff:
        state.users.delete(m.session, 0);
        return;
      case Command.TreeConnect:
        if (!m.isAsync) state.shares.set(m.session, m.tree, q.name);
        return;
      case Command.TreeDisconnect:
        state.shares.delete(m.session, m.tree);
        return;
      case Command.Create: {
        const id = h + CREATED_ID_AT;
        if (q.note === CLOSED || q.resource === '' || id + FILE_ID_BYTES > end) return;
        state.files.set(u64le(b, id), u64le(b, id + 8), q.resource);
      }
    }
  }

  /** The name of the file whose FileId is at `id`; closed, it is forgotten. */
  private file(d: Dialogue, state: SmbState, m: SmbHeader, b: Uint8Array, id: number, end: number): string {
    if (id + FILE_ID_BYTES > end) return '';
    const first = u64le(b, id);
    const second = u64le(b, id + 8);
    const isClose = m.command === Command.Close;
    if (first === SAME_ID && second === SAME_ID) {
      if (!m.isRelated) return '';
      const created = isClose && state.createId >= 0 ? d.find(state.createId) : undefined;
      if (created !== undefined) created.note = CLOSED;
      return state.file;
    }
    const name = state.files.get(first, second);
    if (isClose) state.files.delete(first, second);
    state.file = name;
    state.createId = -1;
    return name;
  }
}
