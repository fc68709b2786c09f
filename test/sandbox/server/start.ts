import { onTestFinished } from 'vitest';
import type { Authority, Scheduler, ServerOptions } from '../../../src/sandbox/server/types.ts';
import { authorize } from '../../../src/sandbox/server/rbac.ts';
import { ApiServer } from '../../../src/sandbox/server/server.ts';
import { Api } from '../../conformance/api.ts';

/** A clock that stands until it is told to go on, with everything that was scheduled on it. */
class Clock implements Scheduler {
  time = Date.parse('2026-11-21T06:00:00Z');
  #timers: { at: number; run: () => void }[] = [];

  after(milliseconds: number, run: () => void): () => void {
    const timer = { at: this.time + milliseconds, run };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  }

  /** Lets time pass; what is due runs in order, with a turn of the event loop for what it started. */
  async advance(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    for (;;) {
      const due = this.#timers.filter(({ at }) => at <= end).toSorted((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.#timers = this.#timers.filter((other) => other !== due);
      this.time = Math.max(this.time, due.at);
      due.run();
      await new Promise((resolve) => setImmediate(resolve));
    }
    this.time = end;
  }
}

/** Signs everything with the word "signed"; requests that say "bad" are refused. */
const authority: Authority = {
  ca: 'the CA',
  async sign(request) {
    if (request.includes('bad')) throw new Error('unable to parse csr');
    return 'signed';
  },
  async token({ name }) {
    return { token: `token of ${name}`, expires: '2026-11-21T07:00:00Z' };
  },
  async authenticate() {
    return undefined;
  },
};

/** A server on a standing clock, closed when the test is over. `api` is its administrator. */
export function start(options: Partial<ServerOptions> = {}) {
  const clock = new Clock();
  let seed = 7;
  const random = () => {
    seed = (seed * 48271) % 2147483647;
    return seed / 2147483647;
  };
  const chance = { now: () => clock.time, random };
  const server = new ApiServer({ chance, authorize, authority, scheduler: clock, ...options });
  onTestFinished(() => server.close());
  const admin = server.asUser({ name: 'admin', groups: ['system:masters', 'system:authenticated'] });
  return {
    server,
    clock,
    api: new Api(admin),
    as: (name: string) => new Api(server.asUser({ name, groups: ['system:authenticated'] })),
  };
}
