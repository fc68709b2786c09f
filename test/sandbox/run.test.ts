import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Access, Fleet } from '../../src/model/fleet.ts';
import { connect } from '../../src/kube/connect.ts';
import { kubeEnvironment } from '../../src/kube/environment.ts';
import { generatedMark } from '../../src/sandbox/generate.ts';
import { type RunOptions, runSandbox } from '../../src/sandbox/run.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-'));
});
afterEach(() => rm(folder, { recursive: true }));

const source = { file: 'fleet.yaml', line: 1, column: 1 };
const context = (name: string, kubeconfig?: string): Access => ({
  via: 'kubeconfig',
  context: name,
  insideFleetFolder: false,
  ...(kubeconfig === undefined ? {} : { kubeconfig }),
});
const fleet = (...members: readonly (readonly [string, Access])[]): Fleet => ({
  name: 'f',
  hubs: [{ name: 'prod', type: 'ocm', access: context('prod'), source }],
  members: members.map(([name, access]) => ({ name, labels: {}, access, source })),
  registrations: [],
});

/** Runs a sandbox until it has printed its last line, looks around, and ends it. */
async function run(options: Partial<RunOptions>, look: () => Promise<void> = async () => undefined): Promise<string> {
  const ends = new AbortController();
  const { promise: started, resolve } = Promise.withResolvers<void>();
  const lines: string[] = [];
  const print = (line: string) => {
    lines.push(line);
    if (line.startsWith('Ctrl-C')) resolve();
  };
  const given = {
    members: 0,
    latencyMs: 0,
    directory: join(folder, 'box'),
    readYaml: load,
    print,
    log: () => undefined,
    signal: ends.signal,
  };
  const done = runSandbox({ ...given, ...options });
  await Promise.race([started, done]);
  try {
    await look();
  } finally {
    ends.abort();
    await done;
  }
  return lines.join('\n');
}

describe('runSandbox', () => {
  it('starts what the fleet names, says how to use it, and leaves nothing behind', async () => {
    const file = join(folder, 'box', 'kubeconfig');
    const said = await run({ fleet: fleet(['a', context('admin@a')]), file: 'my.yaml', latencyMs: 5 }, async () => {
      const { contexts } = load(await readFile(file, 'utf8')) as { contexts: { name: string }[] };
      expect(contexts.map(({ name }) => name)).toEqual(['prod', 'admin@a']);
    });
    expect(said).toBe(`Sandbox: 1 hub and 1 member on 127.0.0.1, every answer 5 ms late

  export KUBECONFIG=${file}
  rollcall plan -f my.yaml
  rollcall apply -f my.yaml
  kubectl --context prod get managedclusters

Ctrl-C ends it and removes what it wrote.`);
    expect(await readdir(folder)).toEqual([]);
  });

  it('adds members in a fleet file of their own', async () => {
    const file = join(folder, 'box', 'fleet-generated.yaml');
    const said = await run({ fleet: fleet(['member-001', context('x')]), members: 2 }, async () => {
      expect(load(await readFile(file, 'utf8'))).toMatchObject({
        kind: 'Fleet',
        hubs: [{ name: 'prod', access: { context: 'prod' } }],
        members: [{ name: 'member-002' }, { name: 'member-003' }],
      });
    });
    expect(said).toContain('1 hub and 3 members');
    expect(said).toContain(`rollcall plan -f ${file}`);
    expect(await readdir(folder)).toEqual([]);
  });

  it('replaces the fleet file of an earlier run, and writes nothing through a link that lies there', async () => {
    const elsewhere = join(folder, 'elsewhere');
    await writeFile(elsewhere, `${generatedMark}\nmine`);
    await symlink(elsewhere, join(folder, 'fleet-generated.yaml'));
    await run({ members: 1, directory: folder }, async () => {
      expect(await readFile(join(folder, 'fleet-generated.yaml'), 'utf8')).toContain('member-001');
    });
    expect(await readFile(elsewhere, 'utf8')).toBe(`${generatedMark}\nmine`);
    expect(await readdir(folder)).toEqual(['elsewhere']);
  });

  it('says what the programs on it would log', async () => {
    const logged: string[] = [];
    const file = join(folder, 'box', 'kubeconfig');
    const log = (program: string, error: unknown) => void logged.push(`${program}: ${String(error)}`);
    const home = { variables: {}, homeFolder: folder, terminal: false };
    const type = {
      apiVersion: 'cluster.open-cluster-management.io/v1',
      kind: 'ManagedCluster',
      resource: 'managedclusters',
      namespaced: false,
    };
    await run({ members: 1, log }, async () => {
      const hub = connect(context('hub', file), kubeEnvironment(home));
      const { apiVersion, kind } = type;
      // It can have no namespace of that name, so that its rights cannot be made.
      const cluster = { apiVersion, kind, metadata: { name: 'a.b' }, spec: { hubAcceptsClient: true } };
      await hub.apply(type, cluster, { fieldManager: 'test', force: false });
      await expect.poll(() => logged).toContainEqual(expect.stringMatching(/^hub controller a\.b: /));
      await hub.close();
    });
  });

  it('starts a hub when there is no fleet', async () => {
    expect(await run({ members: 1 })).toContain('1 hub and 1 member on');
  });

  it('ends at once when it was interrupted before it started', async () => {
    await run({ members: 1, signal: AbortSignal.abort() });
    expect(await readdir(folder)).toEqual([]);
  });

  it('warns of a hub whose members will look for it elsewhere', async () => {
    const { hubs, ...rest } = fleet();
    const moved = hubs.map((hub) => ({ ...hub, endpoint: { server: 'https://hub.example' } }));
    expect(await run({ fleet: { ...rest, hubs: moved } })).toContain('warning: members look for hub prod');
  });
});

describe('fleets that are refused', () => {
  it('name clusters by other means than a context', async () => {
    const real = fleet(
      ['a', context('a')],
      ['b', context('b', join(folder, 'missing'))],
      ['c', { via: 'in-cluster' }],
      ['d', { via: 'server', server: 'https://d', tokenFile: '/t' }],
    );
    const refused = run({ fleet: real });
    await expect(refused).rejects.toMatchObject({
      name: 'RunError',
      exitCode: 3,
      message: expect.stringContaining(': b, c, d;'),
    });
    expect(await readdir(folder)).toEqual([]);
  });

  it('name a kubeconfig that is not the sandbox’s own', async () => {
    const file = join(folder, 'real');
    await writeFile(file, 'clusters: [{ name: x, cluster: { server: "https://127.0.0.1:6443" } }]');
    await expect(run({ fleet: fleet(['a', context('a', file)]) })).rejects.toThrow('a command meant for the sandbox');
  });

  it('but not those that name the kubeconfig of a sandbox', async () => {
    const mine = join(folder, 'box', 'kubeconfig');
    const file = join(folder, 'other');
    await run({ members: 1 }, async () => writeFile(file, await readFile(mine)));
    expect(await run({ fleet: fleet(['a', context('a', mine)], ['b', context('b', file)]) })).toContain('2 members');
  });

  it('are few in the message even when they are many', async () => {
    const many = Array.from({ length: 9 }, (_, index) => [`m${index}`, { via: 'in-cluster' }] as const);
    await expect(run({ fleet: fleet(...many) })).rejects.toThrow('m0, m1, m2, m3, m4 and 4 more');
  });

  it('have a generated fleet in the way that somebody wrote', async () => {
    const file = join(folder, 'fleet-generated.yaml');
    await writeFile(file, 'mine');
    await expect(run({ members: 1, directory: folder })).rejects.toThrow('was not written by the sandbox');
    expect(await readdir(folder)).toEqual(['fleet-generated.yaml']);
    expect(await readFile(file, 'utf8')).toBe('mine');
  });
});
