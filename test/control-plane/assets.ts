import { createHash } from 'node:crypto';
import { accessSync, constants, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** The real programs a control plane consists of, and the client that is tried on it. */
const programs = ['etcd', 'kube-apiserver', 'kube-controller-manager', 'kubectl'] as const;

/** The Go module that pins them. */
export const moduleFolder = import.meta.dirname;

/**
 * Where the built programs are kept: outside the repository, one folder per state of the module, so that clones and CI
 * runs share them.
 * @param environment XDG_CACHE_HOME is looked at
 */
export function cacheFolder(environment: NodeJS.ProcessEnv): string {
  const hash = createHash('sha256');
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(moduleFolder, file)));
  const cache = environment['XDG_CACHE_HOME'] || join(homedir(), '.cache');
  return join(cache, 'rollcall', 'control-plane', hash.digest('hex'));
}

/**
 * Tells where the programs are: in KUBEBUILDER_ASSETS when it is set, otherwise as built by `npm run control-plane`.
 * @returns the folder with all of them, or one line that says what is missing and how to get it
 */
export function available(environment: NodeJS.ProcessEnv = process.env): { assets: string } | { missing: string } {
  const given = environment['KUBEBUILDER_ASSETS'];
  const assets = given || cacheFolder(environment);
  const missing = programs.filter((program) => !isExecutable(join(assets, program)));
  if (missing.length === 0) return { assets };
  const hint = given ? `KUBEBUILDER_ASSETS (${given}) lacks them; unset it and run` : 'run';
  return { missing: `real control planes need ${missing.join(', ')}: ${hint} npm run control-plane (needs Go 1.26)` };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
