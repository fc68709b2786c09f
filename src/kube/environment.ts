import { type Clock, systemClock } from './clock.ts';
import { ExecPlugins } from './exec.ts';
import { KubeconfigFiles } from './kubeconfig-files.ts';
import { SecureContexts } from './secure-contexts.ts';

/** What this room needs of the machine, and what the clusters of one run share. Made once per run. */
export interface Environment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Where a pod finds its ServiceAccount. */
  readonly serviceAccountFolder: string;
  readonly clock: Clock;
  readonly kubeconfigs: KubeconfigFiles;
  readonly plugins: ExecPlugins;
  readonly contexts: SecureContexts;
}

export interface EnvironmentOptions {
  /** Environment variables of the process. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly homeFolder: string;
  /** A person sits at the terminal, so that an exec plugin may ask. */
  readonly terminal: boolean;
  readonly clock?: Clock;
  /** Default `/var/run/secrets/kubernetes.io/serviceaccount`. */
  readonly serviceAccountFolder?: string;
  /** Exec plugins at once; default 8. */
  readonly parallelPlugins?: number;
  /** Default 60 s. */
  readonly pluginTimeoutMs?: number;
}

export function kubeEnvironment(options: EnvironmentOptions): Environment {
  const { variables, clock = systemClock } = options;
  return {
    variables,
    clock,
    serviceAccountFolder: options.serviceAccountFolder ?? '/var/run/secrets/kubernetes.io/serviceaccount',
    kubeconfigs: new KubeconfigFiles(variables, options.homeFolder),
    contexts: new SecureContexts(),
    plugins: new ExecPlugins({
      variables,
      terminal: options.terminal,
      now: () => clock.now(),
      parallel: options.parallelPlugins ?? 8,
      timeoutMs: options.pluginTimeoutMs ?? 60_000,
    }),
  };
}
