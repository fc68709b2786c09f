import { ClusterError } from '../model/errors.ts';
import type { Credential, Credentials } from './credentials.ts';
import { type ExecCommand, type ExecResult, runExec } from './exec-run.ts';

export interface ExecOptions {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** A person sits at the terminal. */
  readonly terminal: boolean;
  readonly now: () => number;
  /** How many plugins run at once; each costs a process. */
  readonly parallel: number;
  readonly timeoutMs: number;
}

interface Shared {
  result: ExecResult | undefined;
  obtained: number;
  running: Promise<ExecResult> | undefined;
  failure: { readonly error: unknown; readonly at: number } | undefined;
}

/** A credential is renewed this long before it ends, so that it does not end on the way. */
const skewMs = 30_000;
/** A credential this young that gets a 401 is not stale but wrong, as is a failure: another run would bring the same. */
const youngMs = 10_000;

/**
 * Runs exec plugins: once per distinct command, whatever the number of clusters that use it; requests that come
 * meanwhile wait for the same run.
 */
export class ExecPlugins {
  readonly #options: ExecOptions;
  readonly #byCommand = new Map<string, Shared>();
  readonly #waiting: (() => void)[] = [];
  #running = 0;

  constructor(options: ExecOptions) {
    this.#options = options;
  }

  /** @throws ClusterError `auth` for a plugin that needs a terminal where there is none */
  credentials(command: ExecCommand): Credentials {
    if (command.interactive && !this.#options.terminal) {
      throw new ClusterError('auth', `exec plugin ${command.command} needs a terminal (interactiveMode: Always)`);
    }
    const { apiVersion, args, env, cluster } = command;
    const id = JSON.stringify([apiVersion, command.command, args, Object.entries(env), cluster ?? null]);
    let shared = this.#byCommand.get(id);
    if (shared === undefined) {
      shared = { result: undefined, obtained: 0, running: undefined, failure: undefined };
      this.#byCommand.set(id, shared);
    }
    return this.#credentialsOf(command, shared);
  }

  #credentialsOf(command: ExecCommand, shared: Shared): Credentials {
    const { now } = this.#options;
    const current = async (): Promise<Credential> => {
      const { result } = shared;
      const ends = result?.expires ?? Number.POSITIVE_INFINITY;
      if (result !== undefined && ends - skewMs > now()) return result.credential;
      if (shared.failure !== undefined && now() - shared.failure.at < youngMs) throw shared.failure.error;
      shared.running ??= this.#run(command, shared);
      return (await shared.running).credential;
    };
    return {
      current,
      renew: async (rejected) => {
        if (shared.result?.credential === rejected) {
          if (now() - shared.obtained < youngMs) return undefined;
          shared.result = undefined;
        }
        const credential = await current();
        return credential === rejected ? undefined : credential;
      },
    };
  }

  async #run(command: ExecCommand, shared: Shared): Promise<ExecResult> {
    // A dialogue with a person has the terminal for itself.
    const slots = command.interactive ? this.#options.parallel : 1;
    await this.#acquire(slots);
    try {
      const result = await runExec(
        command,
        this.#options.variables,
        command.interactive ? 5 * this.#options.timeoutMs : this.#options.timeoutMs,
      );
      shared.result = result;
      shared.obtained = this.#options.now();
      return result;
    } catch (error) {
      shared.failure = { error, at: this.#options.now() };
      throw error;
    } finally {
      shared.running = undefined;
      this.#running -= slots;
      for (const wake of this.#waiting.splice(0)) wake();
    }
  }

  async #acquire(slots: number): Promise<void> {
    while (this.#running + slots > this.#options.parallel)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running += slots;
  }
}
