import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import type { Readable } from 'node:stream';

/** A process that ended by itself, as the operating system accounts for all of it. */
export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
  /** Of all its threads, user and system, in seconds. */
  readonly cpu: number;
  /** The most memory that was resident, in MiB. */
  readonly peak: number;
  /** From the start to the end of the process, in milliseconds. */
  readonly wall: number;
}

/** Runs in the measured process and reports when it exits; the report goes to file descriptor 3. */
const reporter = `data:text/javascript,${encodeURIComponent(
  "import{writeSync}from'node:fs';process.on('exit',()=>writeSync(3,JSON.stringify(process.resourceUsage())))",
)}`;

interface Usage {
  readonly userCPUTime: number;
  readonly systemCPUTime: number;
  readonly maxRSS: number;
}

/**
 * Runs a script in a Node of its own and waits for its end, ten minutes at most.
 * @param kubeconfig goes into the environment
 */
export async function runNode(args: readonly string[], kubeconfig: string): Promise<Ran> {
  const started = performance.now();
  const child = spawn(process.execPath, ['--import', reporter, ...args], {
    env: { ...process.env, KUBECONFIG: kubeconfig },
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    timeout: 600_000,
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const [, out, err, report] = child.stdio.map((stream) => (stream === null ? '' : text(stream as Readable)));
  const code = await ended;
  const { userCPUTime, systemCPUTime, maxRSS } = JSON.parse((await report) || '{}') as Usage;
  return {
    code,
    out: (await out) ?? '',
    err: (await err) ?? '',
    cpu: (userCPUTime + systemCPUTime) / 1e6,
    peak: maxRSS / 1024,
    wall: performance.now() - started,
  };
}

/** @returns how long a Node takes from its start to its end, in milliseconds, with nothing around it */
export async function wallOf(args: readonly string[]): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, args, { stdio: 'ignore', timeout: 60_000 });
  await new Promise((resolve, reject) => child.once('error', reject).once('exit', resolve));
  return performance.now() - started;
}

/** @returns the middle one */
export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
