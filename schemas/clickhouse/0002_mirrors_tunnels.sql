-- One row a mirror point a minute, and one row a tunnel a minute.
CREATE TABLE IF NOT EXISTS {{table mirrors}} {{on cluster}}
(
    minute         DateTime('UTC'),
    mirror_type    LowCardinality(String),
    mirror_source  IPv6,
    mirror_target  IPv6,
    mirror_session UInt16,
    gre_key        Nullable(UInt32),
    packets        UInt64,
    bytes          UInt64,
    sequence       Enum8('none' = 0, 'session' = 1, 'hardware' = 2, 'direction' = 3, 'hardware_direction' = 4, 'unusable' = 5, 'source' = 6),
    lost           UInt64,
    reordered      UInt64,
    repeated       UInt64,
    truncated      UInt64,
    malformed      UInt64,
    kernel_drops   UInt64,
    collector      LowCardinality(String)
)
ENGINE = {{engine MergeTree}}
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, mirror_source, mirror_session)
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', {{deduplication}};

CREATE TABLE IF NOT EXISTS {{table tunnels}} {{on cluster}}
(
    minute            DateTime('UTC'),
    name              LowCardinality(String),
    mode              LowCardinality(String),
    local             IPv6,
    remote            IPv6,
    key               Nullable(UInt32),
    rx_packets        UInt64,
    rx_bytes          UInt64,
    rx_errors         UInt64,
    rx_dropped        UInt64,
    multicast         UInt64,
    rx_length_errors  UInt64,
    rx_crc_errors     UInt64,
    rx_frame_errors   UInt64,
    rx_fifo_errors    UInt64,
    tx_packets        UInt64,
    tx_bytes          UInt64,
    tx_errors         UInt64,
    tx_dropped        UInt64,
    tx_aborted_errors UInt64,
    tx_carrier_errors UInt64,
    collisions        UInt64,
    collector         LowCardinality(String)
)
ENGINE = {{engine MergeTree}}
PARTITION BY toYYYYMM(minute)
ORDER BY (minute, name)
SETTINGS ttl_only_drop_parts = 1, default_compression_codec = 'ZSTD(1)', {{deduplication}};
