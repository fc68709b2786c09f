import type { ExecuteEvent } from '../model/outcome.ts';
import { linesProgress, ndjsonProgress } from './progress-lines.ts';
import { ttyProgress } from './progress-tty.ts';

/** Shows how a run goes. It only listens: it decides nothing and never throws. */
export interface Progress {
  event(event: ExecuteEvent): void;
  /** Ends the display; afterwards the terminal is as it was before. */
  close(): Promise<void>;
}

interface ProgressOptions {
  readonly kind: 'tty' | 'lines' | 'ndjson' | 'quiet';
  /** How many registrations will finish. */
  readonly total: number;
  /** `lines` also tell of every start and every step. */
  readonly steps: boolean;
  /** Takes whole lines, for `lines` and `ndjson`. */
  readonly write: (text: string) => void;
  /** The terminal, for `tty`; its width is asked at every redraw. */
  readonly stream: NodeJS.WriteStream;
  readonly color: boolean;
}

/** @returns the display of that kind; nothing is written before the first event */
export function progressFor({ kind, total, steps, write, stream, color }: ProgressOptions): Progress {
  switch (kind) {
    case 'tty':
      // A terminal that does not tell its size cannot be redrawn.
      return stream.columns > 0 ? ttyProgress({ total, stream, color }) : linesProgress({ total, steps }, write);
    case 'lines':
      return linesProgress({ total, steps }, write);
    case 'ndjson':
      return ndjsonProgress(write);
    case 'quiet':
      return { event: () => {}, close: () => Promise.resolve() };
  }
}
