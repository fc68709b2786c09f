import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** What one run of kubectl gave. */
export interface Ran {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Real kubectl with a kubeconfig, a cache and a home of its own. */
export class Kubectl {
  readonly #program: string;
  readonly #folder: string;

  /** @param kubeconfig text */
  constructor(assets: string, kubeconfig: string) {
    this.#program = join(assets, 'kubectl');
    this.#folder = mkdtempSync(join(tmpdir(), 'rollcall-kubectl-'));
    writeFileSync(join(this.#folder, 'kubeconfig'), kubeconfig, { mode: 0o600 });
  }

  /** @param input an object that goes in as `-f -` expects it */
  run(args: readonly string[], input?: unknown): Promise<Ran> {
    const env = {
      PATH: '',
      HOME: this.#folder,
      KUBECONFIG: join(this.#folder, 'kubeconfig'),
      KUBECACHEDIR: join(this.#folder, 'cache'),
    };
    return new Promise((resolve) => {
      const child = execFile(this.#program, args, { env, timeout: 30_000 }, (error, out, err) => {
        const code = error ? (typeof error.code === 'number' ? error.code : -1) : 0;
        resolve({ code, out: out.trimEnd(), err: err.trimEnd() });
      });
      child.stdin?.end(input === undefined ? undefined : JSON.stringify(input));
    });
  }

  /** @returns what it printed @throws Error when it fails */
  async ok(args: readonly string[], input?: unknown): Promise<string> {
    const { code, out, err } = await this.run(args, input);
    if (code !== 0) throw new Error(`kubectl ${args.join(' ')} ended with ${code}: ${err || out}`);
    return out;
  }

  /** @returns what it said when it failed @throws Error when it succeeds */
  async fails(args: readonly string[], input?: unknown): Promise<string> {
    const { code, out, err } = await this.run(args, input);
    if (code === 0) throw new Error(`kubectl ${args.join(' ')} succeeded: ${out}`);
    return err;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
