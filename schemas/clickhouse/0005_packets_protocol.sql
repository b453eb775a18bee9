-- What a kept frame begins with where no link type says it (MPLS, protocols not known, right in GRE), and what the switch
-- said of its length: with them every frame can be put back into its encapsulation. And its number in the session, for
-- captures whose times are too coarse to tell which of two packets came first.
ALTER TABLE {{table packets}} {{on cluster}}
    ADD COLUMN IF NOT EXISTS gre_protocol UInt16,
    ADD COLUMN IF NOT EXISTS truncated UInt8,
    ADD COLUMN IF NOT EXISTS number UInt32 CODEC(Delta, ZSTD(1));
