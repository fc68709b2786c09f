import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { expect } from 'vitest';
import type { KubeObject, RawRequest } from '../../src/model/cluster.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import type { ServerRequest, ServerResponse } from '../../src/sandbox/server/types.ts';
import type { World } from '../../src/sandbox/world.ts';
import { dump } from '../laws/dump.ts';
import { type Ran, run, type RunSettings } from './run.ts';

/** What one cluster's kubeconfig entry holds, for tests that break it. */
export interface Kubeconfig {
  'current-context': string;
  readonly clusters: { name: string; cluster: Record<string, unknown> }[];
  readonly users: { name: string; user: Record<string, unknown> }[];
  readonly contexts: { name: string; context: { cluster: string; user: string } }[];
}

/** Applies to the program's requests only, not to those of the actors. */
type Fault = (context: string, request: ServerRequest) => ServerResponse | Error | undefined;

/** Clusters that listen on this machine, a folder with a fleet file, and the program. */
export interface Bed {
  readonly folder: string;
  readonly world: World;
  fault: Fault;
  /** The program's requests, as `METHOD context path`. */
  readonly requests: string[];
  /** Writes a file into the folder. @returns its path */
  write(name: string, text: string): Promise<string>;
  /** Changes the kubeconfig that the program uses; `restore` takes it back. */
  kubeconfig(change: (config: Kubeconfig) => void): Promise<void>;
  restore(): Promise<void>;
  /** Runs the program in this process, in the folder; checks what holds for every run. */
  rollcall(argv: readonly string[], settings?: Partial<RunSettings>): Promise<Ran>;
  /** Environment of the program. */
  readonly env: Readonly<Record<string, string>>;
  /** What somebody else does on a cluster, as its administrator: reads, or writes JSON. @throws Error for anything but success */
  ask(context: string, method: RawRequest['method'], path: string, body?: unknown, type?: string): Promise<KubeObject>;
  /** Everything that is stored on all clusters. */
  everything(): Promise<string>;
  close(): Promise<void>;
}

export interface BedOptions {
  readonly hubs?: readonly string[];
  readonly members: readonly string[];
  /** Default true. Without them nothing changes by itself, so that dumps can be compared to the byte. */
  readonly actors?: boolean;
}

/** The program's own requests that could change something: reviews and token requests are none. */
export const writesOf = (requests: readonly string[]): readonly string[] =>
  requests.filter((line) => !line.startsWith('GET ') && !line.includes('selfsubject'));

/** @returns a fleet file: every name a member of hub `hub` */
export function fleetText(members: readonly string[], rest = ''): string {
  return [
    'apiVersion: rollcall.dev/v1alpha1',
    'kind: Fleet',
    'name: acme',
    'hubs: [{ name: hub, type: ocm }]',
    'defaults: { registrations: [{ hub: hub, mode: ocm-default }] }',
    'members:',
    ...members.map((member) => (member.startsWith('{') ? `  - ${member}` : `  - { name: ${member} }`)),
    rest,
  ].join('\n');
}

export async function startBed(options: BedOptions): Promise<Bed> {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-cli-'));
  const kubeconfig = join(folder, 'kubeconfig');
  const named = (names: readonly string[]) => names.map((name) => ({ name, context: name }));
  const requests: string[] = [];
  const byProgram = ({ headers }: ServerRequest): boolean => headers['user-agent'] === 'rollcall';
  let original = '';
  const sandbox = await startSandbox({
    hubs: named(options.hubs ?? ['hub']),
    members: named(options.members),
    readYaml: load,
    kubeconfig,
    speed: 60,
    actors: options.actors ?? true,
    intercept: (context, request) => (byProgram(request) ? bed.fault(context, request) : undefined),
    onRequest: (context, request) => {
      if (byProgram(request)) requests.push(`${request.method} ${context} ${request.path}`);
    },
  });
  original = await readFile(kubeconfig, 'utf8');
  const secrets = (JSON.parse(original) as Kubeconfig).users.map(({ user }) => String(user['client-key-data']));
  const { world } = sandbox;
  const env = { KUBECONFIG: kubeconfig, HOME: folder, PATH: process.env['PATH'] ?? '' };
  const bed: Bed = {
    folder,
    world,
    fault: () => undefined,
    requests,
    env,
    write: async (name, text) => {
      await writeFile(join(folder, name), text);
      return join(folder, name);
    },
    kubeconfig: async (change) => {
      const config = JSON.parse(original) as Kubeconfig;
      change(config);
      await writeFile(kubeconfig, JSON.stringify(config));
    },
    restore: () => writeFile(kubeconfig, original),
    rollcall: async (argv, settings = {}) => {
      requests.length = 0;
      const ran = await run(argv, { cwd: folder, homeFolder: folder, ...settings, env: { ...env, ...settings.env } });
      expectPresentable(ran, secrets);
      return ran;
    },
    ask: async (context, method, path, body, type = 'application/json') => {
      const cluster = world.clusters.find((one) => one.context === context);
      const answer = await cluster?.admin.send({
        method,
        path,
        ...(body === undefined ? {} : { headers: { 'content-type': type }, body: JSON.stringify(body) }),
      });
      if (answer === undefined || answer.status > 299) throw new Error(`${path}: ${answer?.status} ${answer?.body}`);
      return JSON.parse(answer.body) as KubeObject;
    },
    everything: async () => {
      const all = await Promise.all(world.clusters.map(async ({ admin }) => [...(await dump(admin))]));
      return JSON.stringify(all);
    },
    close: async () => {
      await bed.restore();
      await sandbox.close();
      await rm(folder, { recursive: true });
    },
  };
  return bed;
}

/** What no output of the program may ever hold: stack traces, private keys, tokens. */
export function expectPresentable({ out, err }: Ran, secrets: readonly string[] = []): void {
  const all = out + err;
  expect(all).not.toMatch(/^\s+at .+:\d+:\d+\)?$/m);
  expect(all).not.toMatch(/node_modules|node:internal|\[object |undefined|NaN/);
  expect(all).not.toMatch(/PRIVATE KEY|eyJ[\w-]{10,}\.[\w-]{10,}|Bearer /);
  for (const secret of secrets) expect(all).not.toContain(secret);
}
