import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import type { KubeObject, RawCluster } from '../../src/model/cluster.ts';
import { clientOf } from '../../src/sandbox/actors/client.ts';
import { kinds } from '../../src/sandbox/actors/kinds.ts';
import { onRealControlPlanes } from '../control-plane/required.ts';
import { Bench } from './bench.ts';
import { existingClusters, type Ground, startGround } from './ground.ts';
import { look } from './live.ts';
import { Program } from './program.ts';

const folder = fileURLToPath(new URL('../../../shared/facts/crds', import.meta.url));

/** Everything that the Klusterlet and the ManagedCluster can be told, at once. */
const options = {
  clusterSet: 'default',
  leaseDurationSeconds: 30,
  annotations: { 'example.test/owner': 'payments' },
  clientConfigs: [{ url: 'https://alpha.example.test:6443' }],
  resources: {
    qosClass: 'ResourceRequirement',
    requests: { cpu: 0.5, memory: '300Mi' },
    limits: { cpu: '600m', memory: '600Mi' },
  },
  nodePlacement: {
    nodeSelector: { 'node-role.kubernetes.io/infra': '' },
    tolerations: [
      { key: 'infra', operator: 'Exists', effect: 'NoSchedule' },
      { key: 'slow', operator: 'Equal', value: 'yes', effect: 'NoExecute', tolerationSeconds: 60 },
    ],
  },
  priorityClassName: 'system-cluster-critical',
  externalServerURL: 'https://alpha.example.test:6443',
  hubApiServerHostAlias: { ip: '127.0.0.1', hostname: 'hub.example.test' },
  registrationImagePullSpec: 'open-cluster-management/registration:v1.3.1',
  workImagePullSpec: 'open-cluster-management/work:v1.3.1',
  registrationConfiguration: {
    clientCertExpirationSeconds: 86_400,
    featureGates: [{ feature: 'ClusterClaim', mode: 'Disable' }],
    clusterAnnotations: { team: 'payments' },
    kubeAPIQPS: 60,
    kubeAPIBurst: 120,
    clusterClaimConfiguration: { maxCustomClusterClaims: 30, reservedClusterClaimSuffixes: ['example.test'] },
  },
  workConfiguration: {
    featureGates: [{ feature: 'RawFeedbackJsonString', mode: 'Enable' }],
    kubeAPIQPS: 70,
    kubeAPIBurst: 140,
    hubKubeAPIQPS: 80,
    hubKubeAPIBurst: 160,
    appliedManifestWorkEvictionGracePeriod: '30m',
    statusSyncInterval: '20s',
  },
};

async function define(raw: RawCluster, name: string): Promise<void> {
  const part = join(folder, name === 'hub' ? 'ocm-hub' : 'ocm-member');
  const client = clientOf(raw, 'helm');
  for (const file of readdirSync(part)) {
    const definition = load(readFileSync(join(part, file), 'utf8')) as KubeObject;
    await client.create(kinds.customResource, definition);
  }
}

if (!existsSync(folder) || existingClusters(process.env) !== undefined)
  test.skip('the real definitions are not at hand', () => {});
else
  onRealControlPlanes('under the real definitions', () => {
    test('what is written with every option set survives, and is in sync afterwards', async () => {
      let ground: Ground | undefined;
      let rollcall: Program | undefined;
      try {
        ground = await startGround({ members: ['e2e-alpha'], before: define });
        rollcall = new Program(ground.kubeconfig);
        const bench = new Bench(ground, rollcall);
        const [site] = ground.members;
        if (site === undefined) throw new Error('a member is needed');
        await bench.join({ site, labels: { tier: 'gold' }, registration: { options } });
        await bench.done(bench.with(), 'plan', '--detailed-exitcode');
        const live = look(ground, site);
        expect((await live.cluster())?.spec).toMatchObject({
          hubAcceptsClient: true,
          leaseDurationSeconds: 30,
          managedClusterClientConfigs: options.clientConfigs,
        });
        expect((await live.klusterlet())?.spec).toMatchObject({
          nodePlacement: options.nodePlacement,
          priorityClassName: options.priorityClassName,
          externalServerURLs: [{ url: options.externalServerURL }],
          hubApiServerHostAlias: options.hubApiServerHostAlias,
          resourceRequirement: {
            type: 'ResourceRequirement',
            resourceRequirements: { limits: options.resources.limits },
          },
          registrationConfiguration: {
            clusterAnnotations: { 'agent.open-cluster-management.io/team': 'payments' },
            featureGates: options.registrationConfiguration.featureGates,
          },
          workConfiguration: options.workConfiguration,
        });
        const imagePullSpec = 'open-cluster-management/registration-operator:v1.3.1';
        await bench.join({ site, mode: 'ocm-singleton', registration: { options: { imagePullSpec } } });
        expect((await live.klusterlet())?.spec?.imagePullSpec).toBe(imagePullSpec);
        expect((await live.klusterlet())?.spec, 'what left the file is given up').not.toHaveProperty('nodePlacement');
      } finally {
        rollcall?.remove();
        await ground?.close();
      }
    });
  });
