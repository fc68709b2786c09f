import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Asked } from './asked.ts';
import { type Ran, runNode } from './processes.ts';

const here = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
const program = here('../dist/main.js');

/** Members read at the same time; the program's default. */
const concurrency = 64;

/** A hub with members on this machine, in another process. */
export interface Fleet {
  readonly members: number;
  /** Runs the built program on the whole fleet. @throws Error when it does not end with exit code 0 */
  rollcall(command: string, ...options: readonly string[]): Promise<Ran>;
  /** From now on OCM is as slow as on real clusters. */
  rest(): Promise<void>;
  /** @returns what every cluster was asked for meanwhile, by context */
  recorded(act: () => Promise<unknown>): Promise<ReadonlyMap<string, Asked>>;
  /** The same handshakes and GETs by raw node:http2. */
  floor(asked: ReadonlyMap<string, Asked>): Promise<() => Promise<Ran>>;
  close(): Promise<void>;
}

/** Starts a hub and `members` members that have not joined it. */
export async function startFleet(members: number): Promise<Fleet> {
  const folder = mkdtempSync(join(tmpdir(), 'rollcall-bench-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const child = fork(here('sandbox.ts'), [folder, String(members)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const answer = async (): Promise<unknown> => {
    const [message] = (await once(child, 'message', { signal: AbortSignal.timeout(300_000) })) as [{ answer: unknown }];
    return message.answer;
  };
  const ask = (task: string): Promise<unknown> => {
    child.send(task);
    return answer();
  };
  const checked = async (args: readonly string[]): Promise<Ran> => {
    const ran = await runNode(args, kubeconfig);
    if (ran.code !== 0) throw new Error(`${args.join(' ')} ended with ${ran.code}:\n${ran.out}${ran.err}`);
    return ran;
  };
  await answer();
  return {
    members,
    rollcall: (command, ...options) => checked([program, command, '-f', join(folder, 'fleet.yaml'), ...options]),
    async rest() {
      await ask('rest');
    },
    async recorded(act) {
      await ask('record');
      await act();
      return new Map(Object.entries((await ask('recorded')) as Record<string, Asked>));
    },
    async floor(asked) {
      const file = join(folder, 'targets.json');
      writeFileSync(file, JSON.stringify(targets(kubeconfig, asked)));
      return () => checked([here('floor.mjs'), file, String(concurrency)]);
    },
    async close() {
      const gone = once(child, 'exit');
      await ask('close');
      child.disconnect();
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

interface Kubeconfig {
  readonly clusters: readonly { readonly name: string; readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly { readonly name: string; readonly user: Readonly<Record<string, string>> }[];
}

/** @returns the members with what it takes to reach them and what they are asked for; the hub is left out */
function targets(kubeconfig: string, asked: ReadonlyMap<string, Asked>): readonly object[] {
  const { clusters, users } = JSON.parse(readFileSync(kubeconfig, 'utf8')) as Kubeconfig;
  const decoded = (data = ''): string => Buffer.from(data, 'base64').toString();
  return clusters
    .filter(({ name }) => name !== 'hub')
    .map(({ name, cluster }) => {
      const user = users.find((each) => each.name === name)?.user ?? {};
      return {
        url: cluster['server'],
        ca: decoded(cluster['certificate-authority-data']),
        cert: decoded(user['client-certificate-data']),
        key: decoded(user['client-key-data']),
        gets: asked.get(name)?.gets ?? [],
      };
    });
}
