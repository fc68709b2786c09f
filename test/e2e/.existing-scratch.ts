import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { load } from 'js-yaml';
import { startControlPlanes } from '/work/main/test/control-plane/harness.ts';
import { startGround } from '/work/main/test/e2e/ground.ts';
const run = (env: Record<string, string>) =>
  new Promise((resolve) => {
    const child = spawn('npx', ['vitest', 'run', '--project', 'real', 'test/e2e'], {
      cwd: '/work/main',
      env: { ...process.env, ...env },
      stdio: 'inherit',
    });
    child.on('exit', resolve);
  });
const withNames = (text: string, map: Record<string, string>) => {
  const c = load(text) as any;
  return JSON.stringify({ ...c, contexts: c.contexts.map((x: any) => ({ ...x, name: map[x.name] ?? x.name })) });
};
if (process.argv[2] === 'actors') {
  const planes = await startControlPlanes(['one', 'two']);
  try {
    const all = planes.planes.map((p) => load(p.kubeconfig) as any);
    const merged = JSON.stringify({
      apiVersion: 'v1',
      kind: 'Config',
      clusters: all.flatMap((c) => c.clusters),
      users: all.flatMap((c) => c.users),
      contexts: all.flatMap((c) => c.contexts),
    });
    writeFileSync('/tmp/e2e-scratch/kc', withNames(merged, { one: 'admin@one', two: 'arn:aws:eks/two' }));
    console.log(
      'exit',
      await run({
        ROLLCALL_E2E_KUBECONFIG: '/tmp/e2e-scratch/kc',
        ROLLCALL_E2E_HUB: 'admin@one',
        ROLLCALL_E2E_MEMBERS: 'arn:aws:eks/two',
        ROLLCALL_E2E_ACTORS: 'true',
      }),
    );
  } finally {
    await planes.stop();
  }
} else {
  const ground = await startGround({ members: ['m1', 'm2'] });
  try {
    console.log(
      'exit',
      await run({
        ROLLCALL_E2E_KUBECONFIG: ground.kubeconfig,
        ROLLCALL_E2E_HUB: 'hub',
        ROLLCALL_E2E_MEMBERS: 'm1,m2',
        ROLLCALL_E2E_ACTORS: 'false',
      }),
    );
  } finally {
    await ground.close();
  }
}
process.exit(0);
