/** What this process uses of the machine: as Prometheus' process metrics have it, and ps. */
import { readdirSync } from 'node:fs';
import { openFilesLimit } from '../linux/limits.js';
import type { CollectorSummary } from '../model/status.js';

export type UsageFigures = Required<
  Pick<CollectorSummary, 'memory_bytes' | 'cpu_seconds' | 'open_files' | 'open_files_limit'>
>;

export class ProcessUsage {
  private resident = 0;
  private readonly limit = openFilesLimit();

  /** Of the process with all its threads; processes that it started (an embedded store's engine) are not in it. */
  figures(): UsageFigures {
    const { user, system } = process.cpuUsage();
    return {
      memory_bytes: this.residentBytes(),
      cpu_seconds: (user + system) / 1e6,
      open_files: openFiles(),
      open_files_limit: this.limit === Number.MAX_SAFE_INTEGER ? null : this.limit,
    };
  }

  private residentBytes(): number {
    try {
      this.resident = process.memoryUsage.rss();
    } catch {
      // It is read from a file, for which there may be no descriptor now.
    }
    return this.resident;
  }
}

function openFiles(): number | null {
  try {
    // One is the directory's.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return null;
  }
}
