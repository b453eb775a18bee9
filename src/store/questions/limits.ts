import type { QuestionLimits } from '../../model/question-limits.js';

/** How many times its memory a question may temporarily use on the store's disk. */
export const TEMPORARY_FACTOR = 4;

/** ClickHouse's settings that enforce the limits of a question. */
export function limitSettings(limits: QuestionLimits) {
  return {
    max_execution_time: limits.seconds,
    timeout_overflow_mode: 'throw',
    max_memory_usage: String(limits.memory),
    max_rows_to_read: String(limits.rows),
    max_bytes_to_read: String(limits.bytes),
    read_overflow_mode: 'throw',
    // Temporary disk space of a sort or a grouping.
    max_temporary_data_on_disk_size_for_query: String(TEMPORARY_FACTOR * limits.memory),
  } as const;
}
