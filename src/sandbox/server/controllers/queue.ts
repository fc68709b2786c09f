import type { Core, Writer } from '../core.ts';
import { ApiError } from '../status.ts';
import type { Change } from '../store.ts';

/** Keeps one sort of thing true. Level-triggered: `reconcile` reads what is stored, whatever woke it. */
export interface Controller {
  /** @returns the keys of what a change may concern, with a delay in milliseconds where it is not the usual one */
  concerns(change: Change): Iterable<string | { readonly key: string; readonly delay: number }>;
  reconcile(key: string): void | Promise<void>;
}

/** As whom the built-in controllers write. */
export const controllerWriter: Writer = {
  user: { name: 'system:kube-controller-manager', groups: ['system:masters', 'system:authenticated'] },
  manager: 'kube-controller-manager',
  dryRun: false,
};

/** Runs controllers off the store's changes: each key once per wake-up, after its delay. */
export class Queue {
  readonly #core: Core;
  readonly #delay: number;
  readonly #pending = new Map<string, () => void>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;
  #stopped = false;

  constructor(core: Core, delay: number) {
    this.#core = core;
    this.#delay = delay;
  }

  /** Lets a controller see every change from now on. */
  attach(name: string, controller: Controller): void {
    this.#core.store.subscribe((change) => {
      if (this.#stopped) return;
      for (const concern of controller.concerns(change)) {
        const { key, delay } = typeof concern === 'string' ? { key: concern, delay: this.#delay } : concern;
        this.#add(`${name} ${key}`, delay, () => controller.reconcile(key));
      }
    });
  }

  /** Resolves once nothing is pending. */
  settled(): Promise<void> {
    if (this.#idle()) return Promise.resolve();
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  stop(): void {
    this.#stopped = true;
    for (const cancel of this.#pending.values()) cancel();
    this.#pending.clear();
    this.#wake();
  }

  #idle(): boolean {
    return this.#pending.size === 0 && this.#running === 0;
  }

  #wake(): void {
    if (this.#idle()) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  #add(key: string, delay: number, run: () => void | Promise<void>): void {
    if (this.#pending.has(key)) return;
    const start = () => {
      this.#pending.delete(key);
      this.#running += 1;
      void this.#run(run);
    };
    this.#pending.set(key, this.#core.scheduler.after(delay, start));
  }

  async #run(run: () => void | Promise<void>): Promise<void> {
    try {
      await run();
    } catch (error) {
      // A refused write is no news: the change that made it impossible wakes the controller again.
      if (!(error instanceof ApiError)) throw error;
    } finally {
      this.#running -= 1;
      this.#wake();
    }
  }
}
