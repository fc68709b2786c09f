import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { names } from '../../src/sandbox/actors/kinds.ts';
import type { Bench, Use } from './bench.ts';
import type { Site } from './ground.ts';
import { agentNamespace, look, until } from './live.ts';
import { flat } from './program.ts';

const identity = { namespace: 'open-cluster-management', name: 'agent-registration-bootstrap' };

/** What `clusteradm join` applies to a member: client-side, as field manager `clusteradm`, every default written out. */
const objectsOnMember = (name: string, kubeconfig: object): object => ({
  apiVersion: 'v1',
  kind: 'List',
  items: [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: agentNamespace } },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: names.bootstrapSecret, namespace: agentNamespace },
      data: { kubeconfig: Buffer.from(JSON.stringify(kubeconfig)).toString('base64') },
    },
    {
      apiVersion: 'operator.open-cluster-management.io/v1',
      kind: 'Klusterlet',
      metadata: { name: 'klusterlet' },
      spec: {
        clusterName: name,
        namespace: agentNamespace,
        deployOption: { mode: 'Default' },
        externalServerURLs: [{ url: '' }],
        registrationConfiguration: {
          bootstrapKubeConfigs: { type: 'None' },
          clientCertExpirationSeconds: 31_536_000,
          featureGates: [
            { feature: 'ClusterClaim', mode: 'Enable' },
            { feature: 'AddonManagement', mode: 'Enable' },
          ],
          kubeAPIBurst: 100,
          kubeAPIQPS: 50,
          registrationDriver: { authType: 'csr' },
        },
        resourceRequirement: { type: 'Default' },
      },
    },
  ],
});

/** Registers a member as clusteradm does: one shared bootstrap identity, the agent makes its own ManagedCluster. */
async function clusteradm({ ground }: Bench, site: Site): Promise<void> {
  const { hub } = ground;
  const { namespace, name } = identity;
  const manager = '--field-manager=clusteradm';
  await ground.kubectl(hub, 'create', 'serviceaccount', name, '-n', namespace, manager);
  const role = '--clusterrole=open-cluster-management:bootstrap';
  const subject = `--serviceaccount=${namespace}:${name}`;
  await ground.kubectl(hub, 'create', 'clusterrolebinding', 'cluster-bootstrap', role, subject, manager);
  const token = await ground.kubectl(hub, 'create', 'token', name, '-n', namespace);
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'hub',
        cluster: {
          server: hub.plane?.server,
          'certificate-authority-data': Buffer.from(hub.plane?.ca ?? '').toString('base64'),
        },
      },
    ],
    users: [{ name: 'bootstrap', user: { token } }],
    contexts: [{ name: 'bootstrap', context: { cluster: 'hub', user: 'bootstrap', namespace: 'default' } }],
    'current-context': 'bootstrap',
  };
  const file = join(dirname(ground.kubeconfig), 'clusteradm.json');
  writeFileSync(file, JSON.stringify(objectsOnMember(site.name, kubeconfig)), { mode: 0o600 });
  await ground.kubectl(site, 'apply', '-f', file, manager);
  const live = look(ground, site);
  await until(live.requests, (requests) => requests.length === 1, 'the agent asks for a certificate');
  const [request] = await live.requests();
  await ground.kubectl(hub, 'certificate', 'approve', request?.metadata.name ?? '');
  const patch = '{"spec":{"hubAcceptsClient":true}}';
  await ground.kubectl(hub, 'patch', 'managedcluster', site.name, '--type=merge', '-p', patch, manager);
  await until(live.available, (status) => status === 'True', 'the cluster is Available');
  await until(
    live.klusterlet,
    (klusterlet) =>
      klusterlet?.status?.conditions?.find(({ type }) => type === 'HubConnectionDegraded')?.status === 'False' &&
      klusterlet.status.conditions.find(({ type }) => type === 'Available')?.status === 'True',
    'the Klusterlet is healthy',
  );
  const settled = Date.now();
  await until(
    live.lease,
    (lease) => Date.parse(lease?.spec?.renewTime ?? '') > settled + 1_000,
    'the agent goes on renewing its lease',
  );
}

/** A registration that clusteradm made. */
export function adoption(use: Use): void {
  test('a registration by clusteradm is shown, refused, and taken over without its agent noticing', async () => {
    const bench = use();
    const { ground } = bench;
    const [, , gamma] = bench.members;
    const live = look(ground, gamma);
    await clusteradm(bench, gamma);

    const unknown = await bench.run(bench.with(), 'plan');
    expect(unknown.out).toContain(`UNMANAGED 1 on hub, not in the file: ${gamma.name}`);
    const refused = await bench.run(bench.with({ site: gamma }), 'apply', '--yes');
    expect(refused.code).toBe(5);
    expect(flat(refused.out)).toMatch(/REFUSED 1 ! hub\/e2e-gamma .*set adopt: true to take it over/);
    expect(await live.record()).toBeUndefined();

    const seen = async () => ({
      requests: (await live.requests()).map(({ metadata }) => metadata.name),
      klusterlet: (await live.klusterlet())?.metadata.generation,
      bootstrap: (await live.bootstrap())?.metadata.resourceVersion,
      credential: (await live.credential())?.metadata.resourceVersion,
      agent: (await live.agent('klusterlet-registration-agent'))?.metadata.generation,
      cluster: (await live.cluster())?.metadata.generation,
    });
    const before = await seen();
    const adopt = bench.with({ site: gamma, registration: { adopt: true } });
    const plan = await bench.run(adopt, 'plan', '--detailed-exitcode');
    expect(plan.code).toBe(2);
    expect(plan.out).toMatch(/= adopt +hub\/e2e-gamma/);
    expect(plan.out).not.toContain('RESTARTS');
    const adopted = await bench.done(adopt, 'apply', '--yes');
    expect(adopted.out).toMatch(/adopted +1 /);
    expect(await live.record()).toBeDefined();
    expect(await seen()).toEqual(before);
    await bench.done(adopt, 'plan', '--detailed-exitcode');
    bench.keep(...adopt);
  });
}
