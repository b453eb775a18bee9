import type { StoreStatus } from '../../model/status.js';

/** The status of a store that was never used. @param target its location, without password */
export function idleStore(target: string, state: 'starting' | 'none'): StoreStatus {
  return {
    target,
    state,
    error: '',
    rows_stored: 0,
    segments_stored: 0,
    spool_segments: 0,
    spool_bytes: 0,
    spool_used: 0,
    spool_error: '',
    segments_dropped: 0,
    rows_dropped: 0,
    segments_refused: 0,
    disk_free_bytes: null,
    bytes_per_day: null,
    days_left: null,
  };
}
