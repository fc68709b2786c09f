import { type ChildProcess, spawn } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const built = fileURLToPath(new URL('../../dist', import.meta.url));

/** How a run of the program ended. */
export interface Ran {
  readonly code: number | undefined;
  readonly signal: NodeJS.Signals | undefined;
  readonly out: string;
  readonly err: string;
  readonly tookMs: number;
}

/** @returns text with its line breaks and indents taken out: where a line is broken depends on addresses and ids */
export const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');

/** A run that is under way. */
export interface Run {
  readonly process: ChildProcess;
  /** Resolves when standard output or error holds this. @throws Error when the run ends without it */
  says(what: RegExp): Promise<void>;
  readonly ended: Promise<Ran>;
}

/** The built program in a folder of its own, as a user runs it. */
export class Program {
  /** Everything that any run has printed. */
  readonly printed: string[] = [];
  readonly #folder: string;
  readonly #kubeconfig: string;
  readonly #running = new Set<ChildProcess>();

  constructor(kubeconfig: string) {
    if (!existsSync(join(built, 'main.js'))) throw new Error('dist/main.js is missing: npm run build');
    this.#kubeconfig = kubeconfig;
    this.#folder = mkdtempSync(join(tmpdir(), 'rollcall-e2e-program-'));
    // A copy: a build beside a running suite does not change what is tested.
    cpSync(built, join(this.#folder, 'dist'), { recursive: true });
    writeFileSync(join(this.#folder, 'package.json'), '{"type":"module"}');
  }

  /** Writes fleet.yaml and runs `rollcall …` beside it to its end. */
  run(fleet: object, ...args: readonly string[]): Promise<Ran> {
    return this.start(fleet, args).ended;
  }

  /** @param kubeconfig a file, in the place of the ground's */
  start(fleet: object, args: readonly string[], kubeconfig = this.#kubeconfig): Run {
    // JSON is YAML. Several runs at a time have a file each.
    const cwd = mkdtempSync(join(this.#folder, 'run-'));
    writeFileSync(join(cwd, 'fleet.yaml'), JSON.stringify(fleet, undefined, 2));
    const started = performance.now();
    const child = spawn(process.execPath, [join(this.#folder, 'dist', 'main.js'), ...args], {
      cwd,
      env: { ...process.env, KUBECONFIG: kubeconfig },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#running.add(child);
    const said = { out: '', err: '' };
    const listeners = new Set<() => void>();
    for (const [stream, key] of [
      [child.stdout, 'out'],
      [child.stderr, 'err'],
    ] as const) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        said[key] += text;
        for (const listener of listeners) listener();
      });
    }
    const ended = new Promise<Ran>((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code, signal) => {
        this.#running.delete(child);
        this.printed.push(said.out, said.err);
        resolve({
          code: code ?? undefined,
          signal: signal ?? undefined,
          ...said,
          tookMs: performance.now() - started,
        });
      });
    });
    return {
      process: child,
      ended,
      says: (what) =>
        new Promise((resolve, reject) => {
          const look = (): void => {
            if (what.test(said.out) || what.test(said.err)) resolve();
          };
          listeners.add(look);
          look();
          void ended.then(({ code, out, err }) =>
            reject(new Error(`ended with ${code ?? 'a signal'} without ${what}:\n${out}${err}`)),
          );
        }),
    };
  }

  /** Ends what still runs and removes the folder. */
  remove(): void {
    for (const child of this.#running) child.kill('SIGKILL');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
