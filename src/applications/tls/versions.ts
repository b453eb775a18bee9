/** Versions of TLS and DTLS, and alerts, in words. */

/** Numbers of versions on the wire. */
export const Version = {
  Ssl2: 0x0002,
  Ssl3: 0x0300,
  Tls10: 0x0301,
  Tls11: 0x0302,
  Tls12: 0x0303,
  Tls13: 0x0304,
  Dtls10: 0xfeff,
  Dtls12: 0xfefd,
  Dtls13: 0xfefc,
} as const;

/** Of a version: the word of `tls_version`, and the two characters of JA4. */
const WORDS: ReadonlyMap<number, readonly [word: string, ja4: string]> = new Map([
  [Version.Ssl2, ['SSL 2.0', 's2']],
  [Version.Ssl3, ['SSL 3.0', 's3']],
  [Version.Tls10, ['TLS 1.0', '10']],
  [Version.Tls11, ['TLS 1.1', '11']],
  [Version.Tls12, ['TLS 1.2', '12']],
  [Version.Tls13, ['TLS 1.3', '13']],
  [Version.Dtls10, ['DTLS 1.0', 'd1']],
  [Version.Dtls12, ['DTLS 1.2', 'd2']],
  [Version.Dtls13, ['DTLS 1.3', 'd3']],
]);

/** The word of `tls_version`, `TLS 1.3` also of its drafts; '' for numbers that are no version. */
export function versionWord(version: number): string {
  const isDraft = version >> 8 === 0x7f || version >> 8 === 0xfb;
  return WORDS.get(isDraft ? Version.Tls13 : version)?.[0] ?? '';
}

/** The version in JA4; `00` of those that have no characters there. */
export function versionOfJa4(version: number): string {
  return WORDS.get(version)?.[1] ?? '00';
}

export function isDatagramVersion(version: number): boolean {
  return version >> 8 === 0xfe;
}

/** GREASE: 0x0a0a, 0x1a1a, … 0xfafa, sent so that others get used to unknown numbers (RFC 8701). */
export function isGrease(n: number): boolean {
  return (n & 0x0f0f) === 0x0a0a && n >> 8 === (n & 0xff);
}

/** The number of a fatal alert's level; a warning's is 1. */
export const FATAL = 2;

/** Names of RFC 8446, 6 and B.2, without its `_RESERVED`; general_error and ech_required are younger. */
const ALERTS: ReadonlyMap<number, string> = new Map([
  [0, 'close_notify'],
  [10, 'unexpected_message'],
  [20, 'bad_record_mac'],
  [21, 'decryption_failed'],
  [22, 'record_overflow'],
  [30, 'decompression_failure'],
  [40, 'handshake_failure'],
  [41, 'no_certificate'],
  [42, 'bad_certificate'],
  [43, 'unsupported_certificate'],
  [44, 'certificate_revoked'],
  [45, 'certificate_expired'],
  [46, 'certificate_unknown'],
  [47, 'illegal_parameter'],
  [48, 'unknown_ca'],
  [49, 'access_denied'],
  [50, 'decode_error'],
  [51, 'decrypt_error'],
  [60, 'export_restriction'],
  [70, 'protocol_version'],
  [71, 'insufficient_security'],
  [80, 'internal_error'],
  [86, 'inappropriate_fallback'],
  [90, 'user_canceled'],
  [100, 'no_renegotiation'],
  [109, 'missing_extension'],
  [110, 'unsupported_extension'],
  [111, 'certificate_unobtainable'],
  [112, 'unrecognized_name'],
  [113, 'bad_certificate_status_response'],
  [114, 'bad_certificate_hash_value'],
  [115, 'unknown_psk_identity'],
  [116, 'certificate_required'],
  [117, 'general_error'],
  [120, 'no_application_protocol'],
  [121, 'ech_required'],
]);

/** The word of an alert's description (`handshake_failure`); its number if it is unknown. */
export function alertWord(description: number): string {
  return ALERTS.get(description) ?? String(description);
}
