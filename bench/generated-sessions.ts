/**
 * Sessions of an invented site, in SQL: 20,000 clients and 3,000 servers over a day. A client talks to some
 * forty servers, but mostly to a few of them; some servers (resolvers, proxies, file servers) have most of
 * the clients. Sizes, times and handshakes are log-normal. Session ids, times and ports are as random as real
 * ones.
 */

/** The statement that inserts sessions `from` to `to` into `table`, of `total` in the day. */
export function insertGenerated(table: string, from: number, to: number, total: number): string {
  return `
INSERT INTO ${table} (session_id, first_seen, last_seen, end_reason, mirror_type, mirror_source,
  mirror_target,
  mirror_session, mirror_port, mirror_direction, vlan_ids, client_mac, server_mac, ether_type, client_ip,
    server_ip, client_port, server_port,
  protocol, transport, client_packets, server_packets, client_bytes, server_bytes, client_payload,
    server_payload,
  client_tcp_flags, server_tcp_flags, tcp_state, handshake_us, client_rtt_us, server_rtt_us,
    responses, response_us, response_us_max, client_retransmits, server_retransmits,
    client_syn_retransmits, client_reordered, server_reordered, client_zero_windows,
    client_syn, server_syn, history, icmp_type, client_ttl, server_ttl, app_protocol,
  server_name, alpn, alpn_chosen, tls_version, tls_cipher, tls_ech, tls_resumed, tls_established, tls_us,
    quic_version, ja4, hassh, hassh_server, client_software, server_software, user_name, collector)
WITH
  u -> cityHash64(number, u) / 18446744073709551616. AS uniform,
  -- Normal, from two uniforms (Box and Muller).
  k -> sqrt(-2 * log(cityHash64(number, k, 1) / 18446744073709551616. + 1e-12)) * cos(6.283185307 *
    (cityHash64(number, k, 2) / 18446744073709551616.)) AS normal,
  toUInt32(pow(cityHash64(number, 'client') / 18446744073709551616., 1.5) * 20000) AS client_no,
  toUInt32(pow(cityHash64(number, 'which') / 18446744073709551616., 3) * 40) AS which,
  toUInt32(pow(cityHash64(client_no, which, 'server') / 18446744073709551616., 2.5) * 3000) AS server_no,
  cityHash64(number, 'kind') % 100 AS kind,
  multiIf(kind < 35, 17, kind < 98, 6, 1) AS proto,
  multiIf(proto = 17, server_no % 4 = 0 ? 53 : [53, 123, 443, 161, 514][server_no % 5 + 1], proto = 6, [443,
    443, 80, 445, 22, 3306, 5432, 8080, 389, 25][server_no % 10 + 1], 0) AS port,
  toUnixTimestamp64Nano(toDateTime64('2026-03-02 00:00:00', 9, 'UTC')) + toInt64((number + cityHash64(number,
    'jitter') / 18446744073709551616.) * 86400e9 / ${total}) AS started,
  toInt64(exp(normal('long') * 2 + if(proto = 6, 0.3, -3.5)) * 1e9) AS lasted,
  1 + toUInt64(exp(normal('packets') * 1.2 + if(proto = 6, 2.2, 0))) AS sent,
  if(kind = 97, 0, greatest(1, toUInt64(sent * (0.6 + uniform('ratio'))))) AS received,
  if(proto = 6, 52, 28) AS header,
  proto = 6 AND received > 0 AS answered,
  if(answered, toUInt32(exp(normal('handshake') * 1.2 + 6.5)), 0) AS handshake,
  if(answered, 1 + intDiv(received, 6), 0) AS responses_of,
  toUInt64(exp(normal('response') * 1.5 + 7.5)) AS longest,
  -- Few conversations have retransmissions, late segments or full windows.
  (k, percent) -> if(proto = 6 AND uniform(k) * 100 < percent, 1 + toUInt32(exp(normal(k))), 0) AS some,
  '1460:64240,7:mss,sok,ts,nop,ws' AS of_linux,
  '1460:8192,8:mss,nop,ws,nop,nop,sok' AS of_windows,
  '1460:65535,6:mss,nop,ws,nop,nop,ts,sok,eol+1' AS of_macos,
  -- TLS over TCP and in QUIC. A client has two or three programs; a server has some names, a few of many.
  port = 443 AND (answered OR proto = 17 AND received > 0) AS hello,
  hello AND proto = 17 AS quic,
  hello AND proto = 6 AS tls,
  tls AND server_no % 5 = 0 AS old,
  cityHash64(client_no, cityHash64(number, 'program') % 3) % 60 AS program,
  if(server_no % 10 = 0, concat('r', toString(cityHash64(number, 'name') % 500), '.'), ['www.', 'api.', ''][
    cityHash64(number, 'name') % 3 + 1]) AS label,
  concat(label, 'site', toString(server_no), '.example') AS asked,
  concat(if(quic, 'q13d', if(old, 't12d', 't13d')), leftPad(toString(10 + program % 10), 2, '0'),
    leftPad(toString(8 + program % 9), 2, '0'), if(program % 4 = 0, '00', 'h2'), '_',
    lower(substring(hex(MD5(toString(program))), 1, 12)), '_',
    lower(substring(hex(MD5(concat('e', toString(program)))), 1, 12))) AS hello_of,
  port = 22 AND answered AS ssh,
  port IN (445, 389, 3306, 5432) AND answered AS with_user
SELECT
  toUUID(UUIDNumToString(toFixedString(unhex(concat(leftPad(hex(intDiv(started, 1000000)), 12, '0'), '7',
    substring(hex(number), -3), '80A1B2C3', leftPad(hex(number), 8, '0'))), 16))),
  fromUnixTimestamp64Nano(started, 'UTC'), fromUnixTimestamp64Nano(started + lasted, 'UTC'),
  multiIf(proto = 6 AND kind < 90, 'fin', proto = 6, 'rst', 'idle'),
  'erspan2', toIPv6(concat('10.255.0.', toString(client_no % 8 + 1))), toIPv6('10.255.1.1'),
    client_no % 8 + 10, client_no % 48, 'both', [client_no % 20 + 100],
  concat('02:00:00:00:', lower(hex(toUInt8(intDiv(client_no, 256)))), ':', lower(hex(toUInt8(client_no)))),
    concat('02:ff:00:00:00:', lower(hex(toUInt8(client_no % 20)))),
  2048, toIPv6(concat('10.', toString(client_no % 20), '.', toString(intDiv(client_no, 256)), '.',
    toString(client_no % 256))),
  toIPv6(if(server_no < 600, concat('10.200.', toString(intDiv(server_no, 256)), '.',
    toString(server_no % 256)), IPv4NumToString(toUInt32(sipHash64(server_no) % 3000000000 + 200000000)))),
  toUInt16(32768 + cityHash64(number, 'port') % 28232), port,
  proto, multiIf(proto = 6, 'tcp', proto = 17, 'udp', 'icmp'),
  sent, received, sent * header + toUInt64(exp(normal('up') * 1.3 + 5)) AS up,
    received * header + toUInt64(exp(normal('down') * 1.8 + if(proto = 6, 8, 5)) * (received > 0)) AS down,
  up - sent * header, down - received * header,
  if(proto = 6, if(received = 0, 2, 27), 0), if(proto = 6 AND received > 0, 27, 0), if(proto = 6,
    multiIf(received = 0, 'S0', kind < 90, 'SF', 'RSTO'), ''),
  handshake, toUInt32(handshake * (0.02 + 0.2 * uniform('rtt'))), greatest(handshake - toUInt32(handshake *
    (0.02 + 0.2 * uniform('rtt'))), 0),
  responses_of, responses_of * intDiv(longest, 2), if(responses_of > 0, longest, 0),
  some('again', 8), some('back', 8), if(kind = 97, 3, 0), some('late', 3), some('later', 5), some('full', 1),
  if(proto = 6, [of_windows, of_windows, of_linux, of_macos][client_no % 4 + 1], ''),
  if(answered, if(server_no % 3 = 0, of_windows, of_linux), ''),
  multiIf(proto != 6, '', received = 0, 'ST', kind >= 90, 'ShADadR', some('again', 8) > 0, 'ShADadTFf',
    ['ShADadFf', 'ShADadfF', 'ShAdDaFf'][server_no % 3 + 1]),
  if(proto = 1, 8, 0),
  if(client_no % 3 = 0, 128, 64), if(received > 0, 64 - server_no % 12, 0),
  multiIf(port = 53, 'dns', quic, 'quic', port = 443, 'tls', port = 80, 'http', port = 22, 'ssh', port = 445,
    'smb', ''),
  if(hello, asked, ''), multiIf(NOT hello OR program % 4 = 0, '', quic, 'h3', 'h2,http/1.1'),
    if(old AND program % 4 != 0, 'h2', ''),
    multiIf(tls AND old, 'TLS 1.2', hello, 'TLS 1.3', ''),
    multiIf(NOT hello, '', old, 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256', server_no % 3 = 0,
      'TLS_AES_256_GCM_SHA384', 'TLS_AES_128_GCM_SHA256'),
    hello AND program % 3 = 0, hello AND uniform('resumed') < 0.4, hello,
    if(tls, handshake + toUInt32(exp(normal('tls') + 7)), 0),
    if(quic, '1', ''), if(hello, hello_of, ''),
    if(ssh, lower(hex(MD5(toString(client_no % 15)))), ''),
    if(ssh, lower(hex(MD5(toString(server_no % 9)))), ''),
    if(ssh, concat('SSH-2.0-OpenSSH_9.', toString(client_no % 9)), ''),
    multiIf(ssh, concat('SSH-2.0-OpenSSH_8.', toString(server_no % 9)), port = 3306 AND answered, '8.0.36',
      ''),
    if(with_user AND port != 443, concat(if(port IN (445, 389), 'CORP\\\\', ''), 'user',
      toString(client_no)), ''),
  'collector-1'
FROM numbers(${from}, ${to - from})`;
}

/**
 * The statement that inserts into `table` what the eight mirrors of the same site sent, for each minute of
 * the day.
 */
export function insertGeneratedMirrors(table: string): string {
  return `
INSERT INTO ${table} (minute, mirror_type, mirror_source, mirror_target, mirror_session, packets, bytes,
  sequence, lost, collector)
SELECT toDateTime('2026-03-02 00:00:00', 'UTC') + intDiv(number, 8) * 60, 'erspan2',
  toIPv6(concat('10.255.0.', toString(number % 8 + 1))),
  toIPv6('10.255.1.1'), number % 8 + 10, 40000 + cityHash64(number) % 20000 AS packets, packets * 700,
    'session', cityHash64(number) % 100 = 0, 'collector-1'
FROM numbers(8 * 1440)`;
}

/**
 * The statement that inserts into `table` a transaction of each session of an hour whose application is read
 * in the clear: DNS, HTTP, SMB.
 */
export function insertGeneratedTransactions(table: string, sessions: string, hour: number): string {
  return `
INSERT INTO ${table} (session_id, number, time, mirror_type, mirror_source, mirror_session, client_ip,
  server_ip, client_port, server_port, protocol, app_protocol, method, name, resource, status, outcome,
  response_us, request_bytes, response_bytes, collector)
WITH
  cityHash64(session_id) AS h,
  h % 100 < 3 AS bad
SELECT session_id, 0, first_seen, mirror_type, mirror_source, mirror_session, client_ip, server_ip,
  client_port, server_port, protocol, app_protocol,
  multiIf(app_protocol = 'dns', ['A', 'AAAA', 'HTTPS', 'PTR'][h % 4 + 1], app_protocol = 'http',
    ['GET', 'GET', 'GET', 'POST'][h % 4 + 1], ['CREATE', 'READ', 'WRITE'][h % 3 + 1]),
  concat(['www', 'api', 'mail', 'files'][h % 4 + 1], '.site', toString(intDiv(h, 4) % 3000), '.example'),
  if(app_protocol = 'dns', '', concat('/', toString(intDiv(h, 16) % 5000))),
  multiIf(app_protocol = 'dns', if(bad, 'NXDOMAIN', 'NOERROR'), app_protocol = 'http',
    if(bad, ['404', '500'][h % 2 + 1], '200'), if(bad, 'STATUS_ACCESS_DENIED', 'STATUS_SUCCESS')),
  if(bad, 'client_error', 'ok'), greatest(1, response_us_max), client_payload, server_payload, collector
FROM ${sessions}
WHERE app_protocol IN ('dns', 'http', 'smb') AND server_packets > 0
  AND first_seen >= toDateTime('2026-03-02 00:00:00', 'UTC') + INTERVAL ${hour} HOUR
  AND first_seen < toDateTime('2026-03-02 00:00:00', 'UTC') + INTERVAL ${hour + 1} HOUR`;
}
