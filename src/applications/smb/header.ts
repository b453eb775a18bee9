import { u16le, u32le, u64le } from '../little-endian.js';

/** Commands of SMB 2 and 3 (MS-SMB2 2.2.1.2). */
export const Command = {
  Negotiate: 0,
  SessionSetup: 1,
  Logoff: 2,
  TreeConnect: 3,
  TreeDisconnect: 4,
  Create: 5,
  Close: 6,
  Cancel: 12,
} as const;

const COMMAND_NAMES = [
  'NEGOTIATE',
  'SESSION_SETUP',
  'LOGOFF',
  'TREE_CONNECT',
  'TREE_DISCONNECT',
  'CREATE',
  'CLOSE',
  'FLUSH',
  'READ',
  'WRITE',
  'LOCK',
  'IOCTL',
  'CANCEL',
  'ECHO',
  'QUERY_DIRECTORY',
  'CHANGE_NOTIFY',
  'QUERY_INFO',
  'SET_INFO',
  'OPLOCK_BREAK',
] as const;

/** Where requests have the FileId, behind the header; 0 for nowhere (2.2.15 to 2.2.39). */
const FILE_ID_AT = [0, 0, 0, 0, 0, 0, 8, 8, 16, 16, 8, 8, 0, 0, 8, 8, 24, 16, 8] as const;

export const HEADER_BYTES = 64;
const SERVER_TO_REDIR = 1;
const ASYNC_COMMAND = 2;
const RELATED_OPERATIONS = 4;

/** The MessageId of notices of the server's own accord: 64 ones, rounded. */
const NO_MESSAGE = 2 ** 64;

/** The header of a message (MS-SMB2 2.2.1), low bytes first. The object is reused. */
export class SmbHeader {
  command = 0;
  /** NTSTATUS, of a response. */
  status = 0;
  isResponse = false;
  /** Whether TreeId's place is AsyncId's. */
  isAsync = false;
  /** Whether the ids of the message before it are meant. */
  isRelated = false;
  /** Offset of the next message in the packet; 0 for none. */
  nextCommand = 0;
  messageId = 0;
  tree = 0;
  session = 0;

  /** Reads the header at `o`, of which HEADER_BYTES are there. */
  read(b: Uint8Array, o: number): void {
    const flags = u32le(b, o + 16);
    this.status = u32le(b, o + 8);
    this.command = u16le(b, o + 12);
    this.isResponse = (flags & SERVER_TO_REDIR) !== 0;
    this.isAsync = (flags & ASYNC_COMMAND) !== 0;
    this.isRelated = (flags & RELATED_OPERATIONS) !== 0;
    this.nextCommand = u32le(b, o + 20);
    this.messageId = u64le(b, o + 24);
    this.tree = u32le(b, o + 36);
    this.session = u64le(b, o + 40);
  }

  /** The command's word; '' of those that are unknown. */
  get name(): string {
    return COMMAND_NAMES[this.command] ?? '';
  }

  /** Whether it is a notice of the server, which nobody asked for. */
  get isNotice(): boolean {
    return this.isResponse && this.messageId === NO_MESSAGE;
  }

  /** Where the FileId of a request is, behind the header; 0 for nowhere. */
  get fileIdAt(): number {
    return FILE_ID_AT[this.command] ?? 0;
  }
}
