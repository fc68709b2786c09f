import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clusterOf } from '../../src/kube/client.ts';
import { connect } from '../../src/kube/connect.ts';
import { kubeEnvironment } from '../../src/kube/environment.ts';
import { readYaml } from '../../src/kube/yaml.ts';
import type { Cluster } from '../../src/model/cluster.ts';
import { sandboxKubeconfig } from '../../src/sandbox/kubeconfig.ts';
import { startWorld, type World } from '../../src/sandbox/world.ts';
import { clientContract } from './contract.ts';

const environment = kubeEnvironment({ variables: {}, homeFolder: '/nowhere', terminal: false });

let folder: string;
let world: World;
let overSockets: Cluster;
let inProcess: Cluster;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-kube-'));
  const hubs = [{ name: 'hub', context: 'hub' }];
  world = await startWorld({ hubs, members: [], readYaml, actors: false, listen: { latencyMs: 0 } });
  const kubeconfig = join(folder, 'config');
  writeFileSync(kubeconfig, await sandboxKubeconfig(world.clusters));
  const access = { via: 'kubeconfig', kubeconfig, context: 'hub', insideFleetFolder: false } as const;
  overSockets = connect(access, environment, { limit: 2 });
  const { admin, url, authority } = world.hub('hub');
  inProcess = clusterOf(admin, { server: url, ca: authority.ca }, { limit: 2 });
});
afterAll(async () => {
  await overSockets.close();
  await world.close();
  rmSync(folder, { recursive: true });
});

clientContract('the sandbox over sockets', 'over-sockets', () => overSockets);
clientContract('the sandbox in process', 'in-process', () => inProcess);

test('all of it went over one connection', () => {
  expect(overSockets.usage.connections).toBe(1);
});
