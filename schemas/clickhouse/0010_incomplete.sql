-- Packets of a mirror point whose fragments did not all come: its underlay cuts what it sends.
ALTER TABLE {{table mirrors}} {{on cluster}}
    ADD COLUMN IF NOT EXISTS incomplete UInt64 AFTER truncated;
