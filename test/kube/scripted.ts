import { clusterOf, type ClientOptions } from '../../src/kube/client.ts';
import type { Cluster, RawCluster, RawRequest, ResourceType } from '../../src/model/cluster.ts';
import { ClusterError } from '../../src/model/errors.ts';

const date = 'Sat, 21 Nov 2026 06:20:28 GMT';

export const types = {
  configMap: { apiVersion: 'v1', kind: 'ConfigMap', resource: 'configmaps', namespaced: true },
  secret: { apiVersion: 'v1', kind: 'Secret', resource: 'secrets', namespaced: true },
  request: {
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    resource: 'certificatesigningrequests',
    namespaced: false,
  },
  managedCluster: {
    apiVersion: 'cluster.open-cluster-management.io/v1',
    kind: 'ManagedCluster',
    resource: 'managedclusters',
    namespaced: false,
  },
} as const satisfies Record<string, ResourceType>;

interface Scripted {
  readonly code?: number;
  readonly body?: unknown;
  readonly text?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One scripted answer, an error to throw, or the lines of a stream; an Error among the lines breaks the stream there. */
export type Script = Scripted | Error | { readonly lines: readonly unknown[] };

export interface ScriptedCluster {
  readonly cluster: Cluster;
  readonly requests: RawRequest[];
  readonly slept: number[];
}

/** A cluster on a RawCluster that gives these answers, in this order, and then fails. Sleeps take no time. */
export function scripted(script: readonly Script[], options: Omit<ClientOptions, 'clock'> = {}): ScriptedCluster {
  const requests: RawRequest[] = [];
  const slept: number[] = [];
  const rest = [...script];
  let now = Date.parse(date);
  const next = (request: RawRequest): Exclude<Script, Error> => {
    requests.push(request);
    const answer = rest.shift();
    if (answer === undefined) throw new Error(`unexpected ${request.method} ${request.path}`);
    if (answer instanceof Error) throw answer;
    return answer;
  };
  const raw: RawCluster = {
    async send(request) {
      const answer = next(request);
      if ('lines' in answer) throw new Error('a stream was scripted');
      const { code = 200, body, text, headers } = answer;
      return { status: code, headers: { date, ...headers }, body: text ?? JSON.stringify(body) };
    },
    async stream(request) {
      const answer = next(request);
      const lines = 'lines' in answer ? answer.lines : [answer.body ?? answer.text];
      const given = 'lines' in answer ? {} : answer.headers;
      return {
        status: 'lines' in answer ? 200 : (answer.code ?? 200),
        headers: { date, ...given },
        lines: streamed(lines),
      };
    },
    close: async () => undefined,
  };
  const clock = {
    now: () => now,
    random: () => 0.5,
    sleep: async (milliseconds: number) => {
      slept.push(milliseconds);
      now += milliseconds;
    },
  };
  return { cluster: clusterOf(raw, { server: 'https://scripted' }, { ...options, clock }), requests, slept };
}

async function* streamed(lines: readonly unknown[]): AsyncGenerator<string> {
  for (const line of lines) {
    if (line instanceof Error) throw line;
    yield typeof line === 'string' ? line : JSON.stringify(line);
  }
}

export const reset = (): ClusterError => new ClusterError('unreachable', 'connection was closed', { retryable: true });

export const status = (code: number, reason: string, message: string, details?: unknown): Scripted => ({
  code,
  body: { kind: 'Status', apiVersion: 'v1', status: 'Failure', message, reason, code, details },
});

export const notFound = (resource: string, name: string, group?: string): Scripted =>
  status(404, 'NotFound', `${resource} "${name}" not found`, {
    name,
    kind: resource,
    ...(group !== undefined && { group }),
  });

/** @returns the ClusterError that `promise` ends with */
export async function errorOf(promise: Promise<unknown>): Promise<ClusterError> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ClusterError)) throw new Error(`no ClusterError but ${String(error)}`, { cause: error });
  return error;
}
