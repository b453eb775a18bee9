/** Converts errors of @clickhouse/client and the network to StoreErrors. */
import { ClickHouseError } from '@clickhouse/client';
import { SegmentRefused, StoreError, StoreRefused, StoreUnavailable } from '../errors.js';

/** ClickHouse's errors (system.errors) that may not recur. */
const PASSING = new Set([
  23, // CANNOT_READ_FROM_ISTREAM: the body ended early, the connection broke
  24, // CANNOT_WRITE_TO_OSTREAM
  74, // CANNOT_READ_FROM_FILE_DESCRIPTOR
  75, // CANNOT_WRITE_TO_FILE_DESCRIPTOR: disk full
  76, // CANNOT_OPEN_FILE
  159, // TIMEOUT_EXCEEDED
  160, // TOO_SLOW
  164, // READONLY
  173, // CANNOT_ALLOCATE_MEMORY
  201, // QUOTA_EXCEEDED
  202, // TOO_MANY_SIMULTANEOUS_QUERIES
  203, // NO_FREE_CONNECTION
  209, // SOCKET_TIMEOUT
  210, // NETWORK_ERROR
  225, // NO_ZOOKEEPER
  236, // ABORTED
  241, // MEMORY_LIMIT_EXCEEDED
  242, // TABLE_IS_READ_ONLY
  243, // NOT_ENOUGH_SPACE
  244, // UNEXPECTED_ZOOKEEPER_ERROR
  252, // TOO_MANY_PARTS
  254, // NO_ACTIVE_REPLICAS
  265, // DATA_IS_NOT_INSERTED
  279, // ALL_CONNECTION_TRIES_FAILED
  285, // TOO_FEW_LIVE_REPLICAS
  286, // UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
  319, // UNKNOWN_STATUS_OF_INSERT
  364, // IMPOSSIBLE_TO_READ: the server is shutting down
  394, // QUERY_WAS_CANCELLED
  425, // SYSTEM_ERROR
  439, // CANNOT_SCHEDULE_TASK
  473, // DEADLOCK_AVOIDED
  499, // S3_ERROR
  519, // SUPPORT_IS_DISABLED while starting
  574, // PART_IS_TEMPORARILY_LOCKED
  585, // DISTRIBUTED_... already in flight
  999, // KEEPER_EXCEPTION
  1000, // POCO_EXCEPTION
  1001, // STD_EXCEPTION
  1002, // UNKNOWN_EXCEPTION
]);

/** REQUIRED_PASSWORD, WRONG_PASSWORD, UNKNOWN_USER, AUTHENTICATION_FAILED. */
const NOT_LET_IN = new Set([194, 193, 192, 516]);

/** Whether a server rejected the credentials. */
export function isNotLetIn(error: unknown): boolean {
  return error instanceof StoreRefused && NOT_LET_IN.has(error.number);
}

/** Errors that mean that a segment's bytes do not fit the table. */
const CONTENT = new Set([
  6, // CANNOT_PARSE_TEXT
  27, // CANNOT_PARSE_INPUT_ASSERTION_FAILED
  32, // ATTEMPT_TO_READ_AFTER_EOF
  33, // CANNOT_READ_ALL_DATA
  38, // CANNOT_PARSE_DATE
  41, // CANNOT_PARSE_DATETIME
  53, // TYPE_MISMATCH
  70, // CANNOT_CONVERT_TYPE
  72, // CANNOT_PARSE_NUMBER
  117, // INCORRECT_DATA
  131, // TOO_LARGE_STRING_SIZE
  349, // CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
  444, // UNKNOWN_PROTOBUF_FORMAT
  463, // PROTOBUF_FIELD_NOT_REPEATED
  469, // VIOLATED_CONSTRAINT
  525, // INCORRECT_DISK_INDEX
  676, // CANNOT_PARSE_IPV4
  677, // CANNOT_PARSE_IPV6
  691, // UNKNOWN_ELEMENT_OF_ENUM
]);

/**
 * @param error thrown by the client
 * @param where the store, for the message; without a password
 */
export function storeError(error: unknown, where: string): StoreError {
  if (error instanceof StoreError) return error;
  if (error instanceof ClickHouseError) {
    const code = Number(error.code);
    const message = `${where}: ${brief(error.message)}${error.type ? ` (${error.type})` : ''}`;
    if (NOT_LET_IN.has(code))
      return new StoreRefused(
        `${where} refuses the user or password: check the store's credentials`,
        code,
        error,
      );
    if (PASSING.has(code) || Number.isNaN(code)) return new StoreUnavailable(message, code, error);
    if (CONTENT.has(code)) return new SegmentRefused(message, code, error);
    return new StoreRefused(message, code, error);
  }
  return new StoreUnavailable(`${where} cannot be reached: ${reason(error)}`, 0, error);
}

/** ClickHouse appends the whole query to many messages: keep the part before it. */
function brief(message: string): string {
  const text = message
    .replace(/^Code: \d+\. /, '')
    .replace(/^DB::Exception: /, '')
    .replace(/\s+/g, ' ')
    .replace(/:? in scope .*$/i, '')
    .replace(/(: )?While (executing|processing) .*$/i, '')
    .replace(/ \(version [^)]*\)\s*$/, '')
    .replace(/[.:\s]+$/, '');
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
}

const MOST_TEXT = 500;

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ECONNREFUSED')
    return 'connection refused: is the server running, and is it the HTTP port (8123)?';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `${error.message}: check the host's name`;
  // A connection attempted over IPv4 and IPv6 fails with one error each.
  if (error instanceof AggregateError && error.errors.length > 0) return reason(error.errors[0]);
  const text = error.message.replace(/\s+/g, ' ').trim() || code || 'the connection broke';
  return text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text;
}
