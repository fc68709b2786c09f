import type { KubeconfigFacts } from '../../model/cluster.ts';
import type { CredentialStep, FieldDiff } from '../../model/step.ts';
import { fleetLabel, markerLabel } from '../compare.ts';
import { nameOf } from '../judge.ts';
import { isRecord, valueAt } from '../path.ts';
import { right, type StepHandler } from './handler.ts';

/** A token that ends sooner is no use to an agent that is yet to start. */
const leastTokenMs = 60_000;

/** A kubeconfig Secret whose token is issued by TokenRequest. The token never leaves `perform`. */
export const credentialHandler: StepHandler<CredentialStep> = {
  refs: (step) => [step.secret.ref, step.serviceAccount.ref],
  owned: ({ secret }) => (secret.ref.read === 'object' ? [secret.ref] : []),
  rights: (step) => [
    ...credentialHandler.owned(step).map((ref) => right(step.site, 'patch', ref.key)),
    ...(step.serviceAccount.ref.read === 'object'
      ? [right(step.issuer, 'create', step.serviceAccount.ref.key, 'token')]
      : []),
  ],

  assess(step, live) {
    const secret = live.get(step.secret.ref);
    const account = live.get(step.serviceAccount.ref);
    if (secret.is === 'unreadable') return { is: 'unknown', reason: secret.reason };
    if (account.is === 'unreadable') return { is: 'unknown', reason: account.reason };
    const name = nameOf(step.secret.ref);
    if (secret.is !== 'found') return { is: 'missing', objects: [name] };
    if (secret.object.metadata.deletionTimestamp !== undefined) {
      return { is: 'pending', waitingFor: `${name} is being deleted` };
    }
    const facts = valueAt(secret.object, ['facts', step.secret.key]);
    if (!isKubeconfig(facts)) {
      return {
        is: 'drifted',
        fields: [{ object: name, path: `.data.${step.secret.key}`, live: 'not a kubeconfig', desired: 'a kubeconfig' }],
      };
    }
    const accountUid = account.is === 'found' ? account.object.metadata.uid : undefined;
    const fields = [...endpointDiffs(name, step, facts), ...tokenDiffs(name, step, facts, accountUid, secret.at)];
    return fields.length > 0 ? { is: 'drifted', fields } : { is: 'satisfied' };
  },

  async perform(step, _live, sites, context) {
    const { kubeconfig, secret, serviceAccount } = step;
    const { token } = await sites[step.issuer].token(serviceAccount, { expirationSeconds: step.expirationSeconds });
    const content = {
      apiVersion: 'v1',
      kind: 'Config',
      clusters: [
        {
          name: kubeconfig.clusterName,
          cluster: {
            server: kubeconfig.server,
            ...(kubeconfig.ca === undefined
              ? {}
              : { 'certificate-authority-data': Buffer.from(kubeconfig.ca).toString('base64') }),
            ...(kubeconfig.proxyUrl === undefined ? {} : { 'proxy-url': kubeconfig.proxyUrl }),
            ...(kubeconfig.tlsServerName === undefined ? {} : { 'tls-server-name': kubeconfig.tlsServerName }),
          },
        },
      ],
      users: [{ name: kubeconfig.userName, user: { token } }],
      contexts: [
        {
          name: kubeconfig.contextName,
          context: { cluster: kubeconfig.clusterName, user: kubeconfig.userName, namespace: 'default' },
        },
      ],
      'current-context': kubeconfig.contextName,
    };
    await sites[step.site].applySecret(
      {
        namespace: secret.namespace,
        name: secret.name,
        labels: { [markerLabel]: 'rollcall', [fleetLabel]: context.fleet },
        // JSON is YAML: every reader of kubeconfigs takes it.
        data: { [secret.key]: JSON.stringify(content, undefined, 2) },
      },
      { fieldManager: step.fieldManager },
    );
  },
};

const isKubeconfig = (facts: unknown): facts is KubeconfigFacts =>
  isRecord(facts) && typeof facts['server'] === 'string' && Array.isArray(facts['ca']);

function endpointDiffs(object: string, step: CredentialStep, facts: KubeconfigFacts): FieldDiff[] {
  const { kubeconfig: wanted } = step;
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['server', facts.server, wanted.server],
    ['certificate-authority', facts.ca.toSorted(), wanted.caFingerprints.toSorted()],
    ['proxy-url', facts.proxyUrl, wanted.proxyUrl],
    ['tls-server-name', facts.tlsServerName, wanted.tlsServerName],
    ['cluster name', facts.clusterName, wanted.clusterName],
  ];
  return pairs
    .filter(([, live, desired]) => JSON.stringify(live) !== JSON.stringify(desired))
    .map(([field, live, desired]) => ({
      object,
      path: `.data.${step.secret.key} ${field}`,
      ...(live === undefined ? {} : { live }),
      ...(desired === undefined ? {} : { desired }),
    }));
}

function tokenDiffs(
  object: string,
  step: CredentialStep,
  facts: KubeconfigFacts,
  accountUid: string | undefined,
  now: string,
): FieldDiff[] {
  const wanted = `system:serviceaccount:${step.serviceAccount.namespace}:${step.serviceAccount.name}`;
  const { token } = facts;
  const left = token?.expires === undefined ? Number.POSITIVE_INFINITY : Date.parse(token.expires) - Date.parse(now);
  let live: string | undefined;
  if (token === undefined) live = facts.hasToken ? 'an opaque token' : 'no token';
  else if (token.subject !== wanted) live = `a token of ${token.subject ?? 'nobody'}`;
  else if (left < leastTokenMs) live = 'a token that has expired';
  else if (accountUid === undefined || token.subjectUid !== accountUid) live = 'a token of a deleted identity';
  if (live === undefined) return [];
  return [{ object, path: `.data.${step.secret.key} token`, live, desired: `a live token of ${wanted}` }];
}
