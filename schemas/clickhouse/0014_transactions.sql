-- One row per question and its answer, of whatever protocol. docs/reference/columns.md says what method,
-- name, resource and status are in each.
CREATE TABLE IF NOT EXISTS {{table transactions}} {{on cluster}}
(
    session_id     UUID,
    number         UInt32,
    time           DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    mirror_type    LowCardinality(String),
    mirror_source  IPv6,
    mirror_session UInt32,
    mirror_name    LowCardinality(String),
    site           LowCardinality(String),
    gre_key        Nullable(UInt32),
    vni            Nullable(UInt32),
    client_ip      IPv6,
    server_ip      IPv6,
    client_port    UInt16,
    server_port    UInt16,
    protocol       UInt8,
    app_protocol   LowCardinality(String),
    method         LowCardinality(String),
    name           String,
    resource       String,
    user_name      LowCardinality(String),
    status         LowCardinality(String),
    outcome        Enum8('unanswered' = 0, 'ok' = 1, 'client_error' = 2, 'server_error' = 3, 'unasked' = 4),
    response_us    UInt32 CODEC(T64, ZSTD(1)),
    transfer_us    UInt32 CODEC(T64, ZSTD(1)),
    request_bytes  UInt64 CODEC(T64, ZSTD(1)),
    response_bytes UInt64 CODEC(T64, ZSTD(1)),
    answers        Array(IPv6),
    ttl            UInt32,
    attributes     Map(LowCardinality(String), String),
    partial        LowCardinality(String),
    collector      LowCardinality(String),

    INDEX addresses (client_ip, server_ip) TYPE bloom_filter(0.005) GRANULARITY 1,
    INDEX names (name) TYPE bloom_filter(0.01) GRANULARITY 1,
    INDEX answered (answers) TYPE bloom_filter(0.01) GRANULARITY 1,

    client String ALIAS if(startsWith(IPv6NumToString(client_ip), '::ffff:'),
        substring(IPv6NumToString(client_ip), 8), IPv6NumToString(client_ip)),
    server String ALIAS if(startsWith(IPv6NumToString(server_ip), '::ffff:'),
        substring(IPv6NumToString(server_ip), 8), IPv6NumToString(server_ip)),
    domain String ALIAS cutToFirstSignificantSubdomain(name),
    -- Community ID v1 as in sessions; transactions are of protocols with ports only.
    community_id String ALIAS concat('1:', base64Encode(SHA1(arrayMap(
        (c, s, cp, sp) -> concat(unhex('0000'), if(
            concat(c, cp) <= concat(s, sp),
            concat(c, s, char(protocol, 0), cp, sp),
            concat(s, c, char(protocol, 0), sp, cp))),
        [substring(
            reinterpretAsFixedString(client_ip),
            if(startsWith(IPv6NumToString(client_ip), '::ffff:')
                AND startsWith(IPv6NumToString(server_ip), '::ffff:'), 13, 1))],
        [substring(
            reinterpretAsFixedString(server_ip),
            if(startsWith(IPv6NumToString(client_ip), '::ffff:')
                AND startsWith(IPv6NumToString(server_ip), '::ffff:'), 13, 1))],
        [char(intDiv(client_port, 256), client_port % 256)],
        [char(intDiv(server_port, 256), server_port % 256)])[1])))
)
ENGINE = {{engine MergeTree}}
PARTITION BY toDate(time)
ORDER BY (server_ip, client_ip, server_port, time)
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', {{deduplication}};

-- One row per server address, port and certificate a day, of TLS up to 1.2 (1.3 encrypts certificates). Each
-- worker writes a certificate once a day; what several workers wrote becomes one row when parts are merged.
CREATE TABLE IF NOT EXISTS {{table certificates}} {{on cluster}}
(
    day            Date,
    first_seen     DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    server_ip      IPv6,
    server_port    UInt16,
    fingerprint    FixedString(32),
    server_name    String,
    subject        String,
    issuer         String,
    names          Array(String),
    serial         String,
    not_before     DateTime64(0, 'UTC'),
    not_after      DateTime64(0, 'UTC'),
    key_type       LowCardinality(String),
    key_bits       UInt16,
    signature      LowCardinality(String),
    chain          UInt8,
    mirror_type    LowCardinality(String),
    mirror_source  IPv6,
    mirror_session UInt32,
    mirror_name    LowCardinality(String),
    site           LowCardinality(String),
    partial        LowCardinality(String),
    collector      LowCardinality(String),

    INDEX names (names) TYPE bloom_filter(0.01) GRANULARITY 1,

    server String ALIAS if(startsWith(IPv6NumToString(server_ip), '::ffff:'),
        substring(IPv6NumToString(server_ip), 8), IPv6NumToString(server_ip)),
    sha256 String ALIAS lower(hex(fingerprint)),
    self_signed UInt8 ALIAS subject = issuer,
    days_left Int32 ALIAS dateDiff('day', now(), not_after)
)
ENGINE = {{engine ReplacingMergeTree(first_seen)}}
PARTITION BY day
ORDER BY (server_ip, server_port, fingerprint)
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', {{deduplication}};

-- Transactions of DNS and of HTTP under the names that other tools have: Zeek's stand beside ours where they
-- differ.
CREATE VIEW IF NOT EXISTS {{view dns}} {{on cluster}} AS
SELECT
    session_id, number, time, client, server, client_ip, server_ip, client_port, server_port, protocol,
    app_protocol, name AS query, domain, method AS qtype, qtype AS qtype_name, status AS rcode,
    rcode AS rcode_name, outcome, response_us,
    if(outcome IN ('unanswered', 'unasked'), NULL, response_us / 1e6) AS rtt,
    answers, ttl, attributes['cname'] AS cname, attributes, partial, community_id,
    mirror_type, mirror_source, mirror_session, mirror_name, site, gre_key, vni, collector
FROM {{view transactions}}
WHERE app_protocol IN ('dns', 'mdns', 'llmnr');

CREATE VIEW IF NOT EXISTS {{view http}} {{on cluster}} AS
SELECT
    session_id, number, time, client, server, client_ip, server_ip, client_port, server_port, app_protocol,
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
