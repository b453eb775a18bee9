/** What the messages of a conversation tell of it as a whole: columns of `sessions`. */

/** Columns of words; the number is the word's place in what a session keeps. */
export const Told = {
  ServerName: 0,
  Alpn: 1,
  AlpnChosen: 2,
  TlsVersion: 3,
  TlsCipher: 4,
  TlsAlert: 5,
  QuicVersion: 6,
  Ja4: 7,
  Hassh: 8,
  HasshServer: 9,
  ClientSoftware: 10,
  ServerSoftware: 11,
  UserName: 12,
  Partial: 13,
} as const;
export type Told = (typeof Told)[keyof typeof Told];
export const TOLD_WORDS = 14;

/** Columns that say yes or no, as bits. */
export const ToldFlag = { TlsEch: 1, TlsResumed: 2, TlsEstablished: 4 } as const;
export type ToldFlag = (typeof ToldFlag)[keyof typeof ToldFlag];

/**
 * Why something was not read to its end: the mirror cut the frame, bytes are missing, a bound was reached,
 * the bytes break the protocol.
 */
export type Partial = 'cut' | 'gap' | 'limit' | 'malformed';

/** How a question ended. The numbers are stored. */
export const Outcome = { Unanswered: 0, Ok: 1, ClientError: 2, ServerError: 3, Unasked: 4 } as const;
export type Outcome = (typeof Outcome)[keyof typeof Outcome];
export const OUTCOME_NAMES = ['unanswered', 'ok', 'client_error', 'server_error', 'unasked'] as const;
