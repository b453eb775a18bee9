-- The clocks that times are of, where mirrors have hardware time.
ALTER TABLE {{table mirrors}} {{on cluster}}
    ADD COLUMN IF NOT EXISTS clock LowCardinality(String) AFTER kernel_drops,
    ADD COLUMN IF NOT EXISTS clock_kind Enum8('arrival' = 0, 'fitted' = 1, 'absolute' = 2) AFTER clock,
    ADD COLUMN IF NOT EXISTS clock_offset_ns Int64 AFTER clock_kind,
    ADD COLUMN IF NOT EXISTS clock_drift_ppb Int64 AFTER clock_offset_ns,
    ADD COLUMN IF NOT EXISTS clock_delay_ns Int64 AFTER clock_drift_ppb,
    ADD COLUMN IF NOT EXISTS clock_jitter_ns UInt64 AFTER clock_delay_ns,
    ADD COLUMN IF NOT EXISTS clock_disbelieved UInt64 AFTER clock_jitter_ns,
    ADD COLUMN IF NOT EXISTS clock_jumps UInt64 AFTER clock_disbelieved;
