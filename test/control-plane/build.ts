/**
 * Builds the programs that real control planes need, once per state of the Go module, and prints where they are:
 * `npm run control-plane`. About 3.5 minutes on two cores from an empty cache, nothing when they are there.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { available, cacheFolder, moduleFolder } from './assets.ts';

const found = available();
if ('assets' in found) {
  console.log(`control plane programs: ${found.assets}`);
} else if (process.env['KUBEBUILDER_ASSETS']) {
  console.error(found.missing);
  process.exitCode = 1;
} else {
  process.exitCode = build(cacheFolder(process.env));
}

/** @returns an exit code */
function build(target: string): number {
  const version = /k8s\.io\/kubernetes (v\S+)/.exec(readFileSync(join(moduleFolder, 'go.mod'), 'utf8'))?.[1];
  mkdirSync(dirname(target), { recursive: true });
  const unfinished = mkdtempSync(`${target}.`);
  console.log('building etcd, kube-apiserver, kube-controller-manager and kubectl; this takes some minutes');
  const flags = `-s -w -X k8s.io/component-base/version.gitVersion=${version}`;
  const go = spawnSync('go', ['build', '-trimpath', '-ldflags', flags, '-o', `${unfinished}/`, 'tool'], {
    cwd: moduleFolder,
    env: { ...process.env, CGO_ENABLED: '0' },
    stdio: 'inherit',
  });
  if (go.error || go.status !== 0) {
    rmSync(unfinished, { recursive: true, force: true });
    console.error(go.error ? `go cannot be started (${go.error.message}); install Go 1.26` : 'go build failed');
    return 1;
  }
  // etcd's main package is named "server".
  renameSync(join(unfinished, 'server'), join(unfinished, 'etcd'));
  rmSync(target, { recursive: true, force: true });
  renameSync(unfinished, target);
  console.log(`control plane programs: ${target}`);
  return 0;
}
