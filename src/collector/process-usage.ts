/** Resources that this process uses, in the form of Prometheus' process metrics and ps. */
import { readdirSync } from 'node:fs';
import { openFilesLimit } from '../linux/limits.js';
import type { CollectorSummary } from '../model/status.js';

export type UsageFigures = Required<
  Pick<CollectorSummary, 'memory_bytes' | 'cpu_seconds' | 'open_files' | 'open_files_limit'>
>;

export class ProcessUsage {
  private resident = 0;
  private readonly limit = openFilesLimit();

  /** The process with all its threads, without its children (the engine of an embedded store). */
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
      // Reading a file takes a descriptor, and there may be none now.
    }
    return this.resident;
  }
}

function openFiles(): number | null {
  try {
    // One of them is the directory's own.
    return readdirSync('/proc/self/fd').length - 1;
  } catch {
    return null;
  }
}
