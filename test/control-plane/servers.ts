import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/**
 * Ends what is left when this process is gone without having stopped it (killed, crashed, a test worker terminated): a
 * shell that reads `+pid` and `-pid` lines, waits for the end of its input, then ends every pid on its list, the first one
 * (etcd) last, and removes the folder.
 */
const watchdogScript = `
trap '' INT TERM HUP
folder=$1
pids=
while read -r line; do
  case $line in
    +*) pids="$pids \${line#+}" ;;
    -*) left=; for pid in $pids; do [ "$pid" = "\${line#-}" ] || left="$left $pid"; done; pids=$left ;;
  esac
done
if [ -n "$pids" ]; then
  set -- $pids
  etcd=$1; shift
  for pid in "$@"; do kill -CONT "$pid"; kill -TERM "$pid"; done
  sleep 2
  for pid in "$@"; do kill -KILL "$pid"; done
  kill -TERM "$etcd"; sleep 1; kill -KILL "$etcd"
fi
rm -rf "$folder"
`;

/** How long a program gets to end on SIGTERM. */
const graceMs = 4_000;

/** A program that was started. */
export interface Running {
  readonly name: string;
  readonly process: ChildProcess;
  /** The end of its log, for messages. */
  tail(): string;
  readonly ended: Promise<void>;
}

/** The programs of one harness: each is started here, watched, and stopped here. */
export class Servers {
  readonly #folder: string;
  readonly #watchdog: ChildProcess;
  readonly #environment: NodeJS.ProcessEnv;

  constructor(folder: string) {
    this.#folder = folder;
    this.#watchdog = spawn('/bin/sh', ['-c', watchdogScript, 'watchdog', folder], {
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
    this.#watchdog.unref();
    // Loopback only: a proxy of the machine must not come between.
    const isProxy = /^(https?|all|no)_proxy$/i;
    this.#environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !isProxy.test(name)));
  }

  start(name: string, program: string, args: readonly string[]): Running {
    const log = `${this.#folder}/${name}.log`;
    const out = openSync(log, 'a');
    const child = spawn(program, args, { stdio: ['ignore', out, out], env: this.#environment, cwd: this.#folder });
    closeSync(out);
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => resolve());
      child.once('error', () => resolve());
    });
    this.#tell(`+${child.pid}`);
    void ended.then(() => this.#tell(`-${child.pid}`));
    const tail = (): string => readFileSync(log, 'utf8').trimEnd().split('\n').slice(-12).join('\n');
    return { name, process: child, tail, ended };
  }

  /** Ends programs and waits until they are gone: SIGTERM (or the given signal), SIGKILL after some seconds. */
  async stop(running: readonly Running[], signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    for (const { process: child } of running) {
      child.kill('SIGCONT');
      child.kill(signal);
    }
    const late = setTimeout(() => {
      for (const { process: child } of running) child.kill('SIGKILL');
    }, graceMs);
    await Promise.all(running.map(({ ended }) => ended));
    clearTimeout(late);
  }

  /** Call when everything is stopped: the folder with logs and data goes. */
  async close(): Promise<void> {
    const gone = new Promise<void>((resolve) => {
      this.#watchdog.once('exit', () => resolve());
    });
    this.#watchdog.ref();
    this.#watchdog.stdin?.end();
    await gone;
  }

  #tell(line: string): void {
    if (this.#watchdog.stdin?.writable) this.#watchdog.stdin.write(`${line}\n`);
  }
}

/**
 * Asks again and again until the answer is yes.
 * @throws Error with the end of the program's log when it ends or the time is over
 */
export async function until(what: string, by: Running, ask: () => Promise<boolean>, timeoutMs = 60_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    if (await ask().catch(() => false)) return;
    const over = Date.now() > deadline ? `not ${what} after ${timeoutMs / 1000} s` : undefined;
    const ended = by.process.exitCode ?? by.process.signalCode;
    const why = ended === null || ended === undefined ? over : `ended (${ended}) before it was ${what}`;
    if (why) throw new Error(`${by.name} ${why}; the end of its log:\n${by.tail()}`);
    await delay(50);
  }
}

/** @returns that many different free ports on loopback; free a moment ago, which is all one can know */
export async function freePorts(count: number): Promise<number[]> {
  const listening = await Promise.all(
    Array.from({ length: count }, () => {
      const server = createServer();
      return new Promise<Server>((resolve, reject) => {
        server.once('error', reject);
        server.listen(0, '127.0.0.1', () => resolve(server));
      });
    }),
  );
  const ports = listening.map((server) => {
    const address = server.address();
    return typeof address === 'object' && address ? address.port : 0;
  });
  await Promise.all(listening.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}
