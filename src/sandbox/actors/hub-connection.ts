import { ApiError, type Client, clientOf } from './client.ts';
import { type Condition, kinds, names } from './kinds.ts';
import { addressIn, decoded, withEmbeddedKey } from './kubeconfig.ts';
import type { Process } from './programs.ts';

interface Question {
  readonly group: string;
  readonly resource: string;
  readonly verb: string;
  readonly name?: string;
  readonly namespace?: string;
}

const bootstrapQuestions: readonly Question[] = [
  { group: 'cluster.open-cluster-management.io', resource: 'managedclusters', verb: 'create' },
  { group: 'certificates.k8s.io', resource: 'certificatesigningrequests', verb: 'create' },
];

const agentQuestions = (cluster: string): readonly Question[] => [
  { group: 'cluster.open-cluster-management.io', resource: 'managedclusters', verb: 'get', name: cluster },
  { group: 'coordination.k8s.io', resource: 'leases', verb: 'update', name: names.lease, namespace: cluster },
];

const mayAll = async (client: Client, questions: readonly Question[]): Promise<boolean> => {
  for (const resourceAttributes of questions) {
    const { apiVersion, kind } = kinds.selfAccess;
    const review = await client.create(kinds.selfAccess, {
      apiVersion,
      kind,
      metadata: {},
      spec: { resourceAttributes },
    });
    if (review.status?.allowed !== true) return false;
  }
  return true;
};

const ask = async (
  process: Process,
  kubeconfig: string,
  questions: readonly Question[],
  reason: string,
): Promise<string | undefined> => {
  try {
    const raw = await process.dial(kubeconfig);
    try {
      return (await mayAll(clientOf(raw, 'registration-operator'), questions)) ? undefined : `${reason}Unauthorized`;
    } finally {
      await raw.close();
    }
  } catch (error) {
    return error instanceof ApiError && error.status === 401 ? `${reason}Unauthorized` : `${reason}Error`;
  }
};

const judgeHub = async (process: Process, namespace: string, cluster: string): Promise<string | undefined> => {
  const secret = process.member.secrets.get(names.hubSecret, namespace);
  if (secret === undefined) return 'HubKubeConfigSecretMissing';
  const data = decoded(secret.data);
  const address = addressIn(data['kubeconfig'], process.readYaml);
  if (address === undefined) return 'HubKubeConfigMissing';
  return ask(process, withEmbeddedKey(data, address), agentQuestions(cluster), 'HubKubeConfig');
};

/**
 * The operator's look at the hub, with the agent's own credentials (facts/ocm 1.5). It asks whether a credential would do, never whether
 * the agent lives: on a dead connection it stays green. A working hub kubeconfig is enough, whatever became of the bootstrap one.
 */
export const judgeConnection = async (process: Process, namespace: string, cluster: string): Promise<Condition> => {
  const hub = await judgeHub(process, namespace, cluster);
  if (hub === undefined)
    return {
      type: 'HubConnectionDegraded',
      status: 'False',
      reason: 'HubConnectionFunctional',
      message: 'Hub kubeconfig works',
    };
  const kubeconfig = decoded(process.member.secrets.get(names.bootstrapSecret, namespace)?.data)['kubeconfig'];
  const bootstrap =
    kubeconfig === undefined
      ? 'BootstrapSecretMissing'
      : ((await ask(process, kubeconfig, bootstrapQuestions, 'BootstrapSecret')) ?? 'BootstrapSecretFunctional');
  return {
    type: 'HubConnectionDegraded',
    status: 'True',
    reason: `${bootstrap},${hub}`,
    message: `bootstrap kubeconfig: ${bootstrap}, hub kubeconfig: ${hub}`,
  };
};
