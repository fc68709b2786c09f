import type { Scheduler } from './types.ts';

/** Real time. What is scheduled keeps the process alive until it ran or was cancelled (closing the server cancels all). */
export const timers: Scheduler = {
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return () => clearTimeout(timer);
  },
};
