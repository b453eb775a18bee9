/** Records of CSV (RFC 4180), with their lines, in bounded memory. */
import { CsvError, parse } from 'csv-parse/sync';
import { mistake } from './file-bytes.js';

/** Bytes of a record: NetBox's comments are whole pages. */
export const LONGEST_RECORD = 1 << 20;
/** Bytes that are parsed at once, to the next end of a record. */
const CHUNK = 1 << 16;
const NEWLINE = 10;
const QUOTE = 34;
/** A comma, that of Excel where a comma is the decimal point, and what exports offer. */
const DELIMITERS = [',', ';', '\t', '|'];

/**
 * Calls `take` with each record and its first line (from 1). Lines with nothing but delimiters are none.
 *
 * @throws UsageError that names the line which is no CSV
 */
export function eachRecord(
  bytes: Buffer,
  file: string,
  take: (fields: readonly string[], line: number) => void,
): void {
  const delimiter = delimiterOf(bytes);
  let line = 1;
  for (let start = 0; start < bytes.length; ) {
    const end = endOfRecord(bytes, start);
    const chunk = bytes.subarray(start, end);
    const quoted = chunk.includes(QUOTE);
    for (const fields of parseChunk(chunk, delimiter, file, line)) {
      if (fields.some((field) => field !== '')) take(fields, line);
      line++;
      if (quoted) line += newlines(fields);
    }
    start = end;
  }
}

/** Line breaks within the fields of a record. */
function newlines(fields: readonly string[]): number {
  let count = 0;
  for (const field of fields) if (field.includes('\n')) count += field.split('\n').length - 1;
  return count;
}

/** The delimiter that the first line has most of, outside of quotes. */
function delimiterOf(bytes: Buffer): string {
  const end = bytes.indexOf(NEWLINE);
  const head = bytes.toString('utf8', 0, Math.min(end < 0 ? bytes.length : end, LONGEST_RECORD));
  const bare = head.replaceAll(/"[^"]*"/g, '');
  const counts = DELIMITERS.map((delimiter) => bare.split(delimiter).length);
  return DELIMITERS[counts.indexOf(Math.max(...counts))];
}

/** The end of the first record that ends a chunk or more behind `start`: the line's, outside of quotes. */
function endOfRecord(bytes: Buffer, start: number): number {
  let quoted = false;
  for (let at = start; ; ) {
    const newline = bytes.indexOf(NEWLINE, Math.max(at, start + CHUNK));
    if (newline < 0) return bytes.length;
    for (let quote = bytes.indexOf(QUOTE, at); quote >= 0 && quote < newline; ) {
      quoted = !quoted;
      quote = bytes.indexOf(QUOTE, quote + 1);
    }
    at = newline + 1;
    if (!quoted) return at;
  }
}

function parseChunk(bytes: Buffer, delimiter: string, file: string, line: number): string[][] {
  try {
    return parse(bytes, {
      delimiter,
      record_delimiter: ['\r\n', '\n'],
      relax_column_count: true,
      max_record_size: LONGEST_RECORD,
    });
  } catch (e) {
    if (!(e instanceof CsvError)) throw e;
    throw mistake(file, line - 1 + Number(e.lines ?? 1), csvMistake(e));
  }
}

function csvMistake(error: CsvError): string {
  switch (error.code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'a quote is opened and never closed: close it, or write "" for a quote within quotes';
    case 'CSV_MAX_RECORD_SIZE':
      return `is longer than ${LONGEST_RECORD / 1024} KiB: is a quote not closed?`;
    case 'INVALID_OPENING_QUOTE':
    case 'CSV_INVALID_CLOSING_QUOTE':
      return 'a quote in the middle of a field: put the whole field in quotes, and write "" for the quote';
    default:
      return `is not CSV: ${error.message.replaceAll(/\s+/g, ' ')}`;
  }
}
