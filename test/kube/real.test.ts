import { afterAll, beforeAll, expect, test } from 'vitest';
import { connect } from '../../src/kube/connect.ts';
import { kubeEnvironment } from '../../src/kube/environment.ts';
import type { Cluster } from '../../src/model/cluster.ts';
import { type ControlPlanes, startControlPlanes } from '../control-plane/harness.ts';
import { onRealControlPlanes } from '../control-plane/required.ts';
import { clientContract } from './contract.ts';
import { errorOf, types } from './scripted.ts';

onRealControlPlanes('the client on a real kube-apiserver', () => {
  let planes: ControlPlanes;
  let cluster: Cluster;

  beforeAll(async () => {
    planes = await startControlPlanes(['client']);
    const environment = kubeEnvironment({ variables: {}, homeFolder: '/nowhere', terminal: false });
    const kubeconfig = planes.planes[0]?.kubeconfigFile ?? '';
    const access = { via: 'kubeconfig', kubeconfig, context: 'client', insideFleetFolder: false } as const;
    cluster = connect(access, environment, { limit: 2, connectTimeoutMs: 500, requestTimeoutMs: 2_000 });
  }, 120_000);
  afterAll(async () => {
    await cluster?.close();
    await planes?.stop();
  }, 60_000);

  clientContract('kube-apiserver', 'client-contract', () => cluster);

  test('all of it went over one connection', () => {
    expect(cluster.usage.connections).toBe(1);
  });

  test('a server that hangs is a timeout, one that is gone is refused, and one that is back is reached again', async () => {
    const [plane] = planes.planes;
    const list = () => cluster.list({ type: types.configMap, namespace: 'default' });
    plane?.suspend();
    expect(await errorOf(list())).toMatchObject({
      kind: 'timeout',
      message: expect.stringMatching(/^no answer from .* within 2 s$/),
    });
    expect(await errorOf(list())).toMatchObject({
      kind: 'timeout',
      message: expect.stringMatching(/ timed out after 0.5 s$/),
    });
    plane?.resume();
    expect((await list()).items).not.toHaveLength(0);
    await plane?.kill();
    expect((await errorOf(list())).kind).toBe('unreachable');
    expect(await errorOf(list())).toMatchObject({ message: expect.stringMatching(/^connect .* refused$/) });
    await plane?.restart();
    expect((await list()).items).not.toHaveLength(0);
  }, 60_000);
});
