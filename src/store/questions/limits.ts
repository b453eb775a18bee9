import type { QuestionLimits } from '../../model/question-limits.js';

/** Times its memory that a question may put on the store's disk meanwhile. */
export const TEMPORARY_FACTOR = 4;

/** ClickHouse's settings that hold a question to its limits. */
export function limitSettings(limits: QuestionLimits) {
  return {
    max_execution_time: limits.seconds,
    timeout_overflow_mode: 'throw',
    max_memory_usage: String(limits.memory),
    max_rows_to_read: String(limits.rows),
    max_bytes_to_read: String(limits.bytes),
    read_overflow_mode: 'throw',
    // What a sort or a grouping puts on the store's disk meanwhile.
    max_temporary_data_on_disk_size_for_query: String(TEMPORARY_FACTOR * limits.memory),
  } as const;
}
