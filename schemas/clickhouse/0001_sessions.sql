-- One row a conversation seen by one mirror point. docs/reference/columns.md says what every column means,
-- docs/explanation/tables.md why the tables are as they are. What stands in {{ }} is filled in by the migrator.
CREATE TABLE IF NOT EXISTS {{table sessions}} {{on cluster}}
(
    session_id         UUID,
    part               UInt32,
    first_seen         DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    last_seen          DateTime64(9, 'UTC') CODEC(Delta, ZSTD(1)),
    end_reason         Enum8('idle' = 0, 'active' = 1, 'fin' = 2, 'rst' = 3, 'pressure' = 4, 'shutdown' = 5, 'eof' = 6),
    mirror_type        LowCardinality(String),
    mirror_source      IPv6,
    mirror_target      IPv6,
    mirror_session     UInt16,
    mirror_port        UInt32,
    mirror_direction   Enum8('unknown' = 0, 'ingress' = 1, 'egress' = 2, 'both' = 3),
    mirror_hardware    UInt8,
    security_group     UInt16,
    gre_key            Nullable(UInt32),
    vlan_ids           Array(UInt16),
    cos                UInt8,
    client_mac         LowCardinality(String),
    server_mac         LowCardinality(String),
    ether_type         UInt16,
    client_ip          IPv6,
    server_ip          IPv6,
    client_port        UInt16,
    server_port        UInt16,
    protocol           UInt8,
    transport          LowCardinality(String),
    client_packets     UInt64 CODEC(T64, ZSTD(1)),
    server_packets     UInt64 CODEC(T64, ZSTD(1)),
    client_bytes       UInt64 CODEC(T64, ZSTD(1)),
    server_bytes       UInt64 CODEC(T64, ZSTD(1)),
    client_payload     UInt64 CODEC(T64, ZSTD(1)),
    server_payload     UInt64 CODEC(T64, ZSTD(1)),
    client_tcp_flags   UInt8,
    server_tcp_flags   UInt8,
    tcp_state          LowCardinality(String),
    handshake_us       UInt32 CODEC(T64, ZSTD(1)),
    client_retransmits UInt32,
    server_retransmits UInt32,
    icmp_type          UInt8,
    icmp_code          UInt8,
    client_ttl         UInt8,
    server_ttl         UInt8,
    dscp               UInt8,
    fragments          UInt32,
    truncated          UInt32,
    duplicates         UInt32,
    app_protocol       LowCardinality(String),
    collector          LowCardinality(String),

    INDEX addresses (client_ip, server_ip) TYPE bloom_filter(0.005) GRANULARITY 1,

    -- The address as people write it: 10.0.0.1, not ::ffff:10.0.0.1; the MAC of what is not IP.
    client String ALIAS multiIf(
        client_ip = toIPv6('::') AND server_ip = toIPv6('::'), client_mac,
        startsWith(IPv6NumToString(client_ip), '::ffff:'), substring(IPv6NumToString(client_ip), 8),
        IPv6NumToString(client_ip)),
    server String ALIAS multiIf(
        client_ip = toIPv6('::') AND server_ip = toIPv6('::'), server_mac,
        startsWith(IPv6NumToString(server_ip), '::ffff:'), substring(IPv6NumToString(server_ip), 8),
        IPv6NumToString(server_ip)),

    -- Community ID v1 (github.com/corelight/community-id-spec): SHA-1 of both addresses (IPv4 in 4 bytes), the protocol
    -- and both ports, lower end first. ICMP's ports are its type and the type that answers it or, where none does,
    -- type and code as they are.
    community_id String ALIAS if(
        client_ip = toIPv6('::') AND server_ip = toIPv6('::'), '',
        concat('1:', base64Encode(SHA1(arrayMap(
            (c, s, cp, sp) -> concat(unhex('0000'), if(
                (protocol = 1 AND icmp_type NOT IN (0, 8, 9, 10, 13, 14, 15, 16, 17, 18))
                    OR (protocol = 58 AND icmp_type NOT IN (128, 129, 130, 131, 133, 134, 135, 136, 139, 140, 144, 145))
                    OR concat(c, cp) <= concat(s, sp),
                concat(c, s, char(protocol, 0), cp, sp),
                concat(s, c, char(protocol, 0), sp, cp))),
            [substring(reinterpretAsFixedString(client_ip), if(startsWith(IPv6NumToString(client_ip), '::ffff:') AND startsWith(IPv6NumToString(server_ip), '::ffff:'), 13, 1))],
            [substring(reinterpretAsFixedString(server_ip), if(startsWith(IPv6NumToString(client_ip), '::ffff:') AND startsWith(IPv6NumToString(server_ip), '::ffff:'), 13, 1))],
            [multiIf(
                protocol IN (6, 17, 132), char(intDiv(client_port, 256), client_port % 256),
                protocol IN (1, 58), char(0, icmp_type), '')],
            [multiIf(
                protocol IN (6, 17, 132), char(intDiv(server_port, 256), server_port % 256),
                protocol = 1, char(0, transform(icmp_type, [8, 0, 13, 14, 15, 16, 10, 9, 17, 18], [0, 8, 14, 13, 16, 15, 9, 10, 18, 17], icmp_code)),
                protocol = 58, char(0, transform(icmp_type, [128, 129, 130, 131, 133, 134, 135, 136, 139, 140, 144, 145], [129, 128, 131, 130, 134, 133, 136, 135, 140, 139, 145, 144], icmp_code)), '')])[1]))))
)
ENGINE = {{engine MergeTree}}
PARTITION BY toDate(first_seen)
ORDER BY (server_ip, client_ip, server_port, first_seen)
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', {{deduplication}};
