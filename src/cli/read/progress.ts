import { SingleBar } from 'cli-progress';
import { counted } from '../../model/words.js';

/** Milliseconds between two redraws. */
const INTERVAL = 200;

/** A progress bar on stderr: bytes, packets per second, time left. */
export class Progress {
  private readonly bar: SingleBar;
  private readonly started = Date.now();
  private drawn = 0;

  constructor(private readonly total: number | undefined) {
    const color = process.env.NO_COLOR === undefined || process.env.NO_COLOR === '';
    const bar = color ? '\u001b[36m{bar}\u001b[0m' : '{bar}';
    this.bar = new SingleBar({
      stream: process.stderr,
      format:
        total === undefined
          ? '{megabytes} MB  {packets}  {rate}/s'
          : `${bar} {percentage}%  {megabytes} MB  {packets}  {rate}/s  {left} left`,
      hideCursor: true,
      clearOnComplete: true,
      barsize: 30,
      etaBuffer: 50,
    });
    this.bar.start(total ?? 1, 0, this.words(0, 0));
  }

  /** May be called at any rate; draws at most every {@link INTERVAL}. */
  update(bytes: number, packets: number): void {
    const now = Date.now();
    if (now - this.drawn < INTERVAL) return;
    this.drawn = now;
    this.bar.update(Math.min(bytes, this.total ?? 0), this.words(bytes, packets));
  }

  stop(): void {
    this.bar.stop();
  }

  private words(bytes: number, packets: number): object {
    const seconds = (Date.now() - this.started) / 1000;
    const left = this.total === undefined || bytes === 0 ? 0 : (seconds * (this.total - bytes)) / bytes;
    return {
      megabytes: (bytes / 1e6).toFixed(1),
      packets: counted(packets, 'packet'),
      rate: counted(seconds > 0 ? Math.round(packets / seconds) : 0, 'packet'),
      left: duration(Math.max(0, left)),
    };
  }
}

/** 75 as 1m15s. */
function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  if (minutes === 0) return `${whole}s`;
  if (minutes < 60) return `${minutes}m${String(whole % 60).padStart(2, '0')}s`;
  return `${Math.floor(minutes / 60)}h${String(minutes % 60).padStart(2, '0')}m`;
}
