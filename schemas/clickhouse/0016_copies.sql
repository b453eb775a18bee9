-- Which of the mirror points that see a conversation had it first: docs/explanation/one-conversation.md. Rows
-- from before have 255; so do those that an earlier version still writes.
ALTER TABLE {{table sessions}} {{on cluster}}
    ADD COLUMN IF NOT EXISTS copy UInt8 DEFAULT 255 AFTER part;
ALTER TABLE {{table transactions}} {{on cluster}}
    ADD COLUMN IF NOT EXISTS copy UInt8 DEFAULT 255 AFTER number;

-- What fills the roll-ups, with the column: 0, 1 for any other copy, 255. The views are made anew: one whose
-- query is modified takes an insert that is made again after a restart for another one.
DROP VIEW IF EXISTS {{table traffic_by_minute_view}} {{on cluster}};
CREATE MATERIALIZED VIEW IF NOT EXISTS {{table traffic_by_minute_view}} {{on cluster}}
TO {{table traffic_by_minute}} AS
SELECT
    toStartOfMinute(s.first_seen) AS minute,
    toUInt8(if(s.copy = 255, 255, least(s.copy, 1))) AS copy,
    s.mirror_type AS mirror_type, s.mirror_source AS mirror_source, s.mirror_session AS mirror_session,
    s.gre_key AS gre_key, s.transport AS transport, s.app_protocol AS app_protocol, s.tcp_state AS tcp_state,
    count() AS sessions,
    sum(s.client_packets) AS client_packets, sum(s.server_packets) AS server_packets,
    sum(s.client_bytes) AS client_bytes, sum(s.server_bytes) AS server_bytes,
    sum(s.client_retransmits) AS client_retransmits, sum(s.server_retransmits) AS server_retransmits,
    countIf(s.handshake_us > 0) AS handshakes, sum(s.handshake_us) AS handshake_us
FROM {{table sessions}} AS s
GROUP BY
    minute, copy, mirror_type, mirror_source, mirror_session, gre_key, transport, app_protocol, tcp_state;

DROP VIEW IF EXISTS {{table clients_by_hour_view}} {{on cluster}};
CREATE MATERIALIZED VIEW IF NOT EXISTS {{table clients_by_hour_view}} {{on cluster}}
TO {{table clients_by_hour}} AS
SELECT
    toStartOfHour(s.first_seen) AS hour,
    toUInt8(if(s.copy = 255, 255, least(s.copy, 1))) AS copy,
    s.mirror_type AS mirror_type, s.mirror_source AS mirror_source, s.mirror_session AS mirror_session,
    s.gre_key AS gre_key, s.client_ip AS client_ip,
    count() AS sessions, countIf(s.tcp_state IN ('REJ', 'S0', 'RSTOS0', 'RSTRH')) AS failed,
    sum(s.client_packets) AS client_packets, sum(s.server_packets) AS server_packets,
    sum(s.client_bytes) AS client_bytes, sum(s.server_bytes) AS server_bytes
FROM {{table sessions}} AS s
GROUP BY hour, copy, mirror_type, mirror_source, mirror_session, gre_key, client_ip;

DROP VIEW IF EXISTS {{table services_by_hour_view}} {{on cluster}};
CREATE MATERIALIZED VIEW IF NOT EXISTS {{table services_by_hour_view}} {{on cluster}}
TO {{table services_by_hour}} AS
SELECT
    toStartOfHour(s.first_seen) AS hour,
    toUInt8(if(s.copy = 255, 255, least(s.copy, 1))) AS copy,
    s.mirror_type AS mirror_type, s.mirror_source AS mirror_source, s.mirror_session AS mirror_session,
    s.gre_key AS gre_key, s.server_ip AS server_ip, s.server_port AS server_port, s.protocol AS protocol,
    max(s.app_protocol) AS app_protocol,
    count() AS sessions,
    countIf(s.tcp_state IN ('S0', 'RSTOS0')) AS unanswered,
    countIf(s.tcp_state IN ('REJ', 'RSTRH')) AS refused,
    countIf(s.tcp_state IN ('RSTO', 'RSTR')) AS reset,
    sum(s.client_packets) AS client_packets, sum(s.server_packets) AS server_packets,
    sum(s.client_bytes) AS client_bytes, sum(s.server_bytes) AS server_bytes,
    sum(s.client_retransmits) AS client_retransmits, sum(s.server_retransmits) AS server_retransmits,
    countIf(s.handshake_us > 0) AS handshakes, sum(s.handshake_us) AS handshake_us,
    groupArrayIf(65536)(toUInt8(round(4 * log2(greatest(1, s.handshake_us)))), s.handshake_us > 0)
        AS handshake_buckets,
    sum(s.responses) AS responses, sum(s.response_us) AS response_us,
    max(s.response_us_max) AS response_us_max,
    groupArrayIf(65536)(
        toUInt8(least(255, round(4 * log2(greatest(1, s.response_us / greatest(1, s.responses)))))),
        s.responses > 0) AS response_buckets,
    countIf(s.client_rtt_us > 0) AS client_rtts, sum(s.client_rtt_us) AS client_rtt_us,
    countIf(s.server_rtt_us > 0) AS server_rtts, sum(s.server_rtt_us) AS server_rtt_us
FROM {{table sessions}} AS s
GROUP BY hour, copy, mirror_type, mirror_source, mirror_session, gre_key, server_ip, server_port, protocol;

DROP VIEW IF EXISTS {{table sessions_by_minute}} {{on cluster}};
CREATE VIEW IF NOT EXISTS {{table sessions_by_minute}} {{on cluster}} AS
SELECT
    toStartOfMinute(first_seen) AS minute, copy, mirror_type, mirror_source, mirror_session,
    client_ip, server_ip, server_port, protocol, toUInt64(1) AS sessions,
    client_packets, server_packets, client_bytes, server_bytes
FROM {{table sessions}};

-- The views of what people ask again, with the new column; that of whole conversations comes with 0017.
DROP VIEW IF EXISTS {{view tls}} {{on cluster}};
CREATE VIEW IF NOT EXISTS {{view tls}} {{on cluster}} AS
SELECT
    session_id, copy, first_seen AS time, client, server, client_ip, server_ip, client_port, server_port,
    transport,
    app_protocol, server_name, tls_version, tls_version AS version, tls_cipher, tls_cipher AS cipher, alpn,
    alpn_chosen, alpn_chosen AS next_protocol, tls_resumed, tls_resumed AS resumed,
    tls_established, tls_established AS established, tls_ech, tls_ech AS ech,
    tls_alert, tls_alert AS last_alert,
    tls_us, quic_version, ja4, partial, client_bytes, server_bytes, community_id,
    mirror_type, mirror_source, mirror_session, mirror_name, site, gre_key, vni, collector
FROM {{view sessions}}
WHERE part = 0 AND (tls_version != '' OR ja4 != '' OR server_name != '');

DROP VIEW IF EXISTS {{view dns}} {{on cluster}};
CREATE VIEW IF NOT EXISTS {{view dns}} {{on cluster}} AS
SELECT
    session_id, number, copy, time, client, server, client_ip, server_ip, client_port, server_port, protocol,
    app_protocol, name AS query, domain, method AS qtype, qtype AS qtype_name, status AS rcode,
    rcode AS rcode_name, outcome, response_us,
    if(outcome IN ('unanswered', 'unasked'), NULL, response_us / 1e6) AS rtt,
    answers, ttl, attributes['cname'] AS cname, attributes, partial, community_id,
    mirror_type, mirror_source, mirror_session, mirror_name, site, gre_key, vni, collector
FROM {{view transactions}}
WHERE app_protocol IN ('dns', 'mdns', 'llmnr');

DROP VIEW IF EXISTS {{view http}} {{on cluster}};
CREATE VIEW IF NOT EXISTS {{view http}} {{on cluster}} AS
SELECT
    session_id, number, copy, time, client, server, client_ip, server_ip, client_port, server_port,
    app_protocol,
    method, name AS host, resource AS path, path AS uri,
    toUInt16OrZero(CAST(transactions.status, 'String')) AS status_code, transactions.status AS status,
    outcome, response_us, transfer_us, request_bytes, request_bytes AS request_body_len,
    response_bytes, response_bytes AS response_body_len,
    attributes['user_agent'] AS user_agent, attributes['content_type'] AS content_type,
    attributes['referer'] AS referrer, attributes['x_forwarded_for'] AS x_forwarded_for,
    user_name, user_name AS username, attributes, partial, community_id,
    mirror_type, mirror_source, mirror_session, mirror_name, site, gre_key, vni, collector
FROM {{view transactions}} AS transactions
WHERE app_protocol IN ('http', 'http2');
