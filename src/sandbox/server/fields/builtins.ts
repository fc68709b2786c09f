import { deploymentSpec, deploymentStatus, podSpec, podStatus } from './pods.ts';
import { metadataSchema, type Schema } from './schema.ts';
import { atomicList, conditions, flag, int, loose, mapList, object, text, texts, textList, time } from './typing.ts';

/** A whole object: the given fields beside apiVersion, kind and metadata. */
const kind = (properties: Readonly<Record<string, Schema>>, more: Partial<Schema> = {}): Schema =>
  object({ apiVersion: text, kind: text, metadata: metadataSchema, ...properties }, more);

/** A field that the server's own type always has. */
const always = (schema: Schema): Schema => ({ ...schema, present: true });

const reference = object(
  {
    kind: text,
    namespace: text,
    name: text,
    uid: text,
    apiVersion: text,
    resourceVersion: text,
    fieldPath: text,
  },
  { atomic: true },
);
const localReference = object({ name: text }, { atomic: true });
const rules = atomicList(
  object({
    verbs: textList,
    apiGroups: textList,
    resources: textList,
    resourceNames: textList,
    nonResourceURLs: textList,
  }),
);
const roleRef = object({ apiGroup: text, kind: text, name: text }, { atomic: true });
const binding = kind({
  subjects: atomicList(object({ kind: text, apiGroup: text, name: text, namespace: text })),
  roleRef,
});

const rbac = 'rbac.authorization.k8s.io/v1';
const admission = 'admissionregistration.k8s.io/v1';
const webhooks = kind({ webhooks: mapList(['name'], object({ name: text }, { open: true })) });

/** By apiVersion and kind; where a kind is large, only what merges in a way of its own is declared and the rest is open. */
const kinds: Readonly<Record<string, Schema>> = {
  'v1 Namespace': kind({
    spec: always(object({ finalizers: textList })),
    status: always(object({ phase: text, conditions })),
  }),
  'v1 ConfigMap': kind({
    data: { ...texts, omitEmpty: true },
    binaryData: { ...texts, omitEmpty: true },
    immutable: flag,
  }),
  'v1 Secret': kind({
    data: { ...texts, omitEmpty: true },
    stringData: texts,
    immutable: flag,
    type: { ...text, default: 'Opaque' },
  }),
  'v1 ServiceAccount': kind({
    secrets: mapList(['name'], reference),
    imagePullSecrets: atomicList(localReference),
    automountServiceAccountToken: flag,
  }),
  'v1 Pod': kind({
    spec: always({ ...podSpec, properties: { ...podSpec.properties, enableServiceLinks: { ...flag, default: true } } }),
    status: always(podStatus),
  }),
  'apps/v1 Deployment': kind({ spec: always(deploymentSpec), status: always(deploymentStatus) }),
  'coordination.k8s.io/v1 Lease': kind({
    spec: always(
      object({
        holderIdentity: text,
        leaseDurationSeconds: int,
        acquireTime: time,
        renewTime: time,
        leaseTransitions: int,
        strategy: text,
        preferredHolder: text,
      }),
    ),
  }),
  'certificates.k8s.io/v1 CertificateSigningRequest': kind({
    spec: always(
      object({
        request: text,
        signerName: text,
        expirationSeconds: int,
        usages: textList,
        username: text,
        uid: text,
        groups: textList,
        extra: { type: 'object', values: textList },
      }),
    ),
    status: always(object({ conditions, certificate: text })),
  }),
  [`${rbac} Role`]: kind({ rules }),
  [`${rbac} ClusterRole`]: kind({
    rules,
    aggregationRule: object({
      clusterRoleSelectors: atomicList(
        object({ matchLabels: texts, matchExpressions: atomicList(loose) }, { atomic: true }),
      ),
    }),
  }),
  [`${rbac} RoleBinding`]: binding,
  [`${rbac} ClusterRoleBinding`]: binding,
  'apiextensions.k8s.io/v1 CustomResourceDefinition': kind({
    spec: always(
      object(
        { group: text, names: always(object({}, { open: true })), scope: text, versions: atomicList(loose) },
        { open: true },
      ),
    ),
    status: object({ conditions, acceptedNames: always(object({}, { open: true })), storedVersions: textList }),
  }),
  [`${admission} MutatingWebhookConfiguration`]: webhooks,
  [`${admission} ValidatingWebhookConfiguration`]: webhooks,
};

/**
 * The typing of a built-in kind, made by hand for the kinds that registrations touch.
 * @returns undefined for a kind that is not typed; it then merges as untyped
 */
export function builtInSchema(apiVersion: string, kindName: string): Schema | undefined {
  const name = `${apiVersion} ${kindName}`;
  return Object.hasOwn(kinds, name) ? kinds[name] : undefined;
}
