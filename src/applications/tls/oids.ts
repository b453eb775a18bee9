/** Object identifiers of keys, curves and signatures (RFC 3279, 4055, 5480, 5758, 8410, 9881). */

/** Types of keys, and their bits where the type says them. */
export const KEYS: ReadonlyMap<string, readonly [type: string, bits: number]> = new Map([
  ['1.2.840.113549.1.1.1', ['rsa', 0]],
  ['1.2.840.113549.1.1.10', ['rsa', 0]],
  ['1.2.840.10040.4.1', ['dsa', 0]],
  ['1.2.840.10045.2.1', ['ec', 0]],
  ['1.3.101.112', ['ed25519', 256]],
  ['1.3.101.113', ['ed448', 456]],
  ['2.16.840.1.101.3.4.3.17', ['ml-dsa-44', 0]],
  ['2.16.840.1.101.3.4.3.18', ['ml-dsa-65', 0]],
  ['2.16.840.1.101.3.4.3.19', ['ml-dsa-87', 0]],
]);

/** Bits of named curves. */
export const CURVES: ReadonlyMap<string, number> = new Map([
  ['1.2.840.10045.3.1.1', 192],
  ['1.2.840.10045.3.1.7', 256],
  ['1.3.132.0.10', 256],
  ['1.3.132.0.33', 224],
  ['1.3.132.0.34', 384],
  ['1.3.132.0.35', 521],
  ['1.3.36.3.3.2.8.1.1.7', 256],
  ['1.3.36.3.3.2.8.1.1.11', 384],
  ['1.3.36.3.3.2.8.1.1.13', 512],
  ['1.2.156.10197.1.301', 256],
]);

export const SIGNATURES: ReadonlyMap<string, string> = new Map([
  ['1.2.840.113549.1.1.2', 'md2WithRSAEncryption'],
  ['1.2.840.113549.1.1.4', 'md5WithRSAEncryption'],
  ['1.2.840.113549.1.1.5', 'sha1WithRSAEncryption'],
  ['1.3.14.3.2.29', 'sha1WithRSAEncryption'],
  ['1.2.840.113549.1.1.10', 'rsassaPss'],
  ['1.2.840.113549.1.1.11', 'sha256WithRSAEncryption'],
  ['1.2.840.113549.1.1.12', 'sha384WithRSAEncryption'],
  ['1.2.840.113549.1.1.13', 'sha512WithRSAEncryption'],
  ['1.2.840.113549.1.1.14', 'sha224WithRSAEncryption'],
  ['1.2.840.10040.4.3', 'dsa-with-sha1'],
  ['2.16.840.1.101.3.4.3.1', 'dsa-with-sha224'],
  ['2.16.840.1.101.3.4.3.2', 'dsa-with-sha256'],
  ['1.2.840.10045.4.1', 'ecdsa-with-SHA1'],
  ['1.2.840.10045.4.3.1', 'ecdsa-with-SHA224'],
  ['1.2.840.10045.4.3.2', 'ecdsa-with-SHA256'],
  ['1.2.840.10045.4.3.3', 'ecdsa-with-SHA384'],
  ['1.2.840.10045.4.3.4', 'ecdsa-with-SHA512'],
  ['1.3.101.112', 'ed25519'],
  ['1.3.101.113', 'ed448'],
  ['2.16.840.1.101.3.4.3.17', 'ml-dsa-44'],
  ['2.16.840.1.101.3.4.3.18', 'ml-dsa-65'],
  ['2.16.840.1.101.3.4.3.19', 'ml-dsa-87'],
]);
