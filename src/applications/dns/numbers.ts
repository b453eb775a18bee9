/** DNS' numbers and their words: the registries of IANA (Domain Name System Parameters). */

/** Types of records that are read; the others have a word only. */
export const Type = {
  A: 1,
  Cname: 5,
  Soa: 6,
  Ptr: 12,
  Mx: 15,
  Txt: 16,
  Aaaa: 28,
  Srv: 33,
  Opt: 41,
  Svcb: 64,
  Https: 65,
  Ixfr: 251,
  Axfr: 252,
} as const;

const TYPES_FROM_1 =
  'A NS MD MF CNAME SOA MB MG MR NULL WKS PTR HINFO MINFO MX TXT RP AFSDB X25 ISDN RT NSAP NSAP-PTR SIG ' +
  'KEY PX GPOS AAAA LOC NXT EID NIMLOC SRV ATMA NAPTR KX CERT A6 DNAME SINK OPT APL DS SSHFP IPSECKEY ' +
  'RRSIG NSEC DNSKEY DHCID NSEC3 NSEC3PARAM TLSA SMIMEA - HIP NINFO RKEY TALINK CDS CDNSKEY OPENPGPKEY ' +
  'CSYNC ZONEMD SVCB HTTPS DSYNC HHIT BRID';
const TYPES_FROM_99 = 'SPF UINFO UID GID UNSPEC NID L32 L64 LP EUI48 EUI64';
const TYPES_FROM_249 = 'TKEY TSIG IXFR AXFR MAILB MAILA ANY URI CAA AVC DOA AMTRELAY RESINFO WALLET CLA IPN';

const TYPES: ReadonlyMap<number, string> = new Map([
  ...listed(1, TYPES_FROM_1),
  ...listed(99, TYPES_FROM_99),
  [128, 'NXNAME'],
  ...listed(249, TYPES_FROM_249),
  [32768, 'TA'],
  [32769, 'DLV'],
]);

const TYPE_LIST = inList(TYPES, 512);

/** Of a header or of EDNS. Numbers that only TSIG and TKEY have are not among them. */
const RCODES: ReadonlyMap<number, string> = new Map([
  ...listed(
    0,
    'NOERROR FORMERR SERVFAIL NXDOMAIN NOTIMP REFUSED YXDOMAIN YXRRSET NXRRSET NOTAUTH NOTZONE DSOTYPENI',
  ),
  [16, 'BADVERS'],
  [23, 'BADCOOKIE'],
]);
const RCODE_LIST = inList(RCODES, 24);

/** The word of a record's or query's type; undefined where it has none. */
export function knownType(type: number): string | undefined {
  return type < TYPE_LIST.length ? TYPE_LIST[type] : TYPES.get(type);
}

/** The word of a response code with its extension in EDNS, likewise. */
export function knownRcode(rcode: number): string | undefined {
  return rcode < RCODE_LIST.length ? RCODE_LIST[rcode] : undefined;
}

/** The words of numbers below `count`, which are found faster in a list. */
function inList(words: ReadonlyMap<number, string>, count: number): readonly (string | undefined)[] {
  return Array.from({ length: count }, (_, n) => words.get(n));
}

function listed(first: number, words: string): [number, string][] {
  return words
    .split(' ')
    .map((word, i): [number, string] => [first + i, word])
    .filter(([, word]) => word !== '-');
}
