import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { expect, vi } from 'vitest';
import { startControlPlanes } from './harness.ts';
import { onRealControlPlanes } from './required.ts';

onRealControlPlanes('the harness of real control planes', ({ test }) => {
  test('starts two, kills one, brings it back with its data, and leaves nothing behind', async () => {
    const started = await startControlPlanes(['one', 'two']);
    const [one, two] = started.planes;
    try {
      if (!one || !two) throw new Error('two were asked for');
      const clusters = [one.connect(), two.connect()];
      const uids = await Promise.all(
        clusters.map(async (cluster) => {
          const answer = await cluster.send({ method: 'GET', path: '/api/v1/namespaces/kube-system' });
          return JSON.parse(answer.body).metadata.uid;
        }),
      );
      expect(uids[0]).not.toBe(uids[1]);
      const body = JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kept' } });
      const headers = { 'content-type': 'application/json' };
      const path = '/api/v1/namespaces/default/configmaps';
      expect((await clusters[0]?.send({ method: 'POST', path, headers, body }))?.status).toBe(201);

      await one.kill();
      const again = one.connect();
      await expect(again.send({ method: 'GET', path: '/readyz' })).rejects.toThrow('ECONNREFUSED');
      expect((await two.connect().send({ method: 'GET', path: '/readyz' })).status).toBe(200);

      await one.restart();
      expect((await again.send({ method: 'GET', path: `${path}/kept` })).status).toBe(200);
      await Promise.all([...clusters, again].map((cluster) => cluster.close()));
    } finally {
      await started.stop();
    }
    expect(existsSync(dirname(dirname(one?.kubeconfigFile ?? '/')))).toBe(false);
  }, 60_000);

  test('nothing outlives a test run that is killed', async () => {
    const script = `const { startControlPlanes } = await import(${JSON.stringify(`${import.meta.dirname}/harness.ts`)});
      const { planes } = await startControlPlanes(['orphan']);
      console.log(planes[0].kubeconfigFile);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    const folder = dirname(dirname(line.toString().trim()));
    expect(existsSync(folder)).toBe(true);
    child.kill('SIGKILL');
    // The last thing that goes, after every program.
    await vi.waitUntil(() => !existsSync(folder), { timeout: 15_000, interval: 100 });
  }, 60_000);
});
