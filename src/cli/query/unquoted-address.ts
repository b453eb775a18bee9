/**
 * Addresses without quotes in a statement: the engine reads them as numbers, and its error does not say so.
 */
import { isIPv4, isIPv6 } from 'node:net';

/** The engine's errors about a statement that it does not understand (system.errors). */
const NOT_UNDERSTOOD = /\((SYNTAX_ERROR|ILLEGAL_TYPE_OF_ARGUMENT|UNKNOWN_IDENTIFIER|BAD_ARGUMENTS)\)/;
/** Strings, quoted names and comments of ClickHouse's SQL. */
const QUOTED =
  /'(?:[^'\\]|\\[\s\S]|'')*'|"(?:[^"\\]|\\[\s\S])*"|`(?:[^`\\]|\\[\s\S])*`|--.*|\/\*[\s\S]*?\*\//g;
/** A possible address: MAC with colons, hyphens or dots; IPv4 or IPv6, with or without a prefix length. */
const MAYBE = /(?<![\w.:])(?:[\da-f]{2}(?:-[\da-f]{2}){5}|[\da-f:]*[.:][\da-f.:]*(?:\/\d{1,3})?)(?![\w:])/gi;
const MAC = /^(?:[\da-f]{2}(?:[:-][\da-f]{2}){5}|[\da-f]{4}(?:\.[\da-f]{4}){2})$/i;

/**
 * What to add to an error of the store's.
 *
 * @param message the error, which ends with ClickHouse's name for it
 * @returns '' where the store understood the statement, or no address without quotes is in it
 */
export function addressHint(message: string, sql: string): string {
  if (!NOT_UNDERSTOOD.test(message)) return '';
  for (const [text] of sql.replaceAll(QUOTED, "''").matchAll(MAYBE)) {
    const written = asColumnsHaveIt(text);
    if (written !== undefined) return `; an address is text, and stands in quotes: ${written}`;
  }
  return '';
}

/** An address as a condition has it, undefined where it is none. */
function asColumnsHaveIt(text: string): string | undefined {
  if (MAC.test(text)) {
    const digits = text.toLowerCase().replaceAll(/[:.-]/g, '');
    return `client_mac = '${digits.match(/../g)?.join(':')}'`;
  }
  const [address, length] = text.split('/');
  if (!isIPv4(address) && !isIPv6(address)) return undefined;
  return length === undefined ? `client_ip = '${address}'` : `isIPAddressInRange(client, '${text}')`;
}
