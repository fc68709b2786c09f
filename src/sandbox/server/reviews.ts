import type { KubeObject } from '../../model/cluster.ts';
import { type Core, timestamp } from './core.ts';
import { isFields } from './decode.ts';
import { invalid, notFound } from './status.ts';
import type { Attributes, User } from './types.ts';

type Fields = Readonly<Record<string, unknown>>;

function fields(value: unknown): Fields {
  return isFields(value) ? value : {};
}

function text(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function userStatus(user: User): object {
  return {
    username: user.name,
    ...(user.uid === undefined ? {} : { uid: user.uid }),
    groups: user.groups,
    ...(user.extra === undefined ? {} : { extra: user.extra }),
  };
}

function asked(spec: Fields): Attributes {
  const path = fields(spec['nonResourceAttributes']);
  if (spec['nonResourceAttributes'] !== undefined) {
    return { verb: text(path['verb']), group: '', resource: '', nonResourcePath: text(path['path']) };
  }
  if (spec['resourceAttributes'] === undefined) {
    const message = 'Invalid value: null: exactly one of nonResourceAttributes or resourceAttributes must be specified';
    const nameless = { group: 'authorization.k8s.io', resource: '', kind: '' };
    throw invalid(nameless, '', [{ reason: 'FieldValueInvalid', field: 'spec.resourceAttributes', message }]);
  }
  const what = fields(spec['resourceAttributes']);
  const optional = ['subresource', 'namespace', 'name'].filter((key) => text(what[key]) !== '');
  return {
    verb: text(what['verb']),
    group: text(what['group']),
    resource: text(what['resource']),
    ...Object.fromEntries(optional.map((key) => [key, text(what[key])])),
  };
}

/**
 * Answers a review: a question put as a POST that stores nothing.
 * @returns the review with its status
 */
export async function review(core: Core, user: User, object: KubeObject): Promise<object> {
  const spec = fields(object['spec']);
  const metadata = { creationTimestamp: null };
  const { kind, apiVersion } = object;
  switch (kind) {
    case 'SelfSubjectReview':
      return {
        kind,
        apiVersion,
        metadata: { creationTimestamp: timestamp(core.chance) },
        status: { userInfo: userStatus(user) },
      };
    case 'SelfSubjectAccessReview': {
      const allowed = core.authorize(core.store, user, asked(spec));
      return { kind, apiVersion, metadata, spec, status: { allowed } };
    }
    case 'SubjectAccessReview': {
      const groups = Array.isArray(spec['groups']) ? spec['groups'].map(String) : [];
      const allowed = core.authorize(core.store, { name: text(spec['user']), groups }, asked(spec));
      return { kind, apiVersion, metadata, spec, status: { allowed } };
    }
    default: {
      const found = await core.authority.authenticate(core.store, text(spec['token']));
      const status = found
        ? { authenticated: true, user: userStatus(found) }
        : { user: {}, error: 'invalid bearer token' };
      return { kind, apiVersion, metadata, spec, status };
    }
  }
}

const shortest = 600;

/**
 * Answers a TokenRequest for a ServiceAccount.
 * @throws ApiError 404, or 422 for a lifetime of less than ten minutes
 */
export async function requestToken(core: Core, namespace: string, name: string, body: unknown): Promise<object> {
  const account = core.store.get('', 'serviceaccounts', namespace, name);
  if (!account) throw notFound({ group: '', resource: 'serviceaccounts', kind: 'ServiceAccount' }, name);
  const spec = fields(fields(body)['spec']);
  const seconds = spec['expirationSeconds'] ?? 3600;
  if (typeof seconds !== 'number' || seconds < shortest) {
    const message = `Invalid value: ${String(seconds)}: may not specify a duration less than 10 minutes`;
    const type = { group: 'authentication.k8s.io', resource: 'tokenrequests', kind: 'TokenRequest' };
    throw invalid(type, '', [{ reason: 'FieldValueInvalid', field: 'spec.expirationSeconds', message }]);
  }
  const audiences = Array.isArray(spec['audiences']) ? spec['audiences'].map(String) : [];
  const uid = account.metadata.uid ?? '';
  const options = audiences.length > 0 ? { expirationSeconds: seconds, audiences } : { expirationSeconds: seconds };
  const { token, expires } = await core.authority.token({ namespace, name, uid }, options);
  const kept = audiences.length > 0 ? audiences : ['https://kubernetes.default.svc'];
  return {
    kind: 'TokenRequest',
    apiVersion: 'authentication.k8s.io/v1',
    metadata: { name, namespace, creationTimestamp: timestamp(core.chance) },
    spec: { audiences: kept, expirationSeconds: seconds, boundObjectRef: null },
    status: { token, expirationTimestamp: expires },
  };
}
