-- Packets that came after they had counted as lost: lost is never taken back.
ALTER TABLE {{table mirrors}} {{on cluster}}
    ADD COLUMN IF NOT EXISTS late UInt64 AFTER lost;
