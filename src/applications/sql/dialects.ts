/** Dialects of SQL. */

/** What differs between dialects, as bits. */
export const Sql = {
  /** UTF-16, low byte first, in place of bytes. */
  Wide: 1,
  /** "…" is a string, not a name. */
  DoubleQuotedStrings: 2,
  /** A backslash in a string takes away the meaning of the character behind it. */
  Backslashes: 4,
  /** In strings with the prefix E it does. */
  EscapeStrings: 8,
  /** # begins a comment; -- only before white space; what stands in a comment with ! is executed. */
  MysqlComments: 16,
  /** $1 is a parameter, $tag$…$tag$ a string. */
  Dollars: 32,
  /** […] is a name. */
  Brackets: 64,
  /** Comments stand in comments. */
  NestedComments: 128,
} as const;

export const MYSQL = Sql.DoubleQuotedStrings | Sql.Backslashes | Sql.MysqlComments;
export const POSTGRESQL = Sql.EscapeStrings | Sql.Dollars | Sql.NestedComments;
export const TRANSACT_SQL = Sql.Wide | Sql.Brackets | Sql.NestedComments;
