import type { KubeObject } from '../../model/cluster.ts';
import { uncovered } from './rbac-cover.ts';
import { allows, type PolicyRule, referencedRules, roleRefOf, rulesFor } from './rbac-rules.ts';
import type { Attributes, Authorize, Escalation, Stored, User } from './types.ts';

const group = 'rbac.authorization.k8s.io';
const isMaster = (user: User): boolean => user.groups.includes('system:masters');

/** Whether a user may do what is asked, by the Roles and bindings that are stored; `system:masters` may do anything. */
export const authorize: Authorize = (stored, user, asked) => {
  if (isMaster(user)) return true;
  for (const rule of rulesFor(stored, user, asked.namespace)) if (allows(rule, asked)) return true;
  return false;
};

/**
 * Whether writing a role or a binding would give away rights that the writer does not hold: the real server's escalation
 * check. The verbs `escalate` (roles) and `bind` (bindings) lift it.
 * @param object what would be stored; `old` what is stored now (a role with unchanged rules is not checked again, a binding always is)
 * @returns why not, as the real server words it after "is forbidden: "; undefined = allowed (also for any other resource)
 */
export const escalation: Escalation = (stored, user, change) => {
  const { resource, object, old } = change;
  if (isMaster(user)) return undefined;
  const namespace = object.metadata.namespace;
  if (resource === 'roles' || resource === 'clusterroles') {
    const rules = (object['rules'] as readonly PolicyRule[] | null | undefined) ?? [];
    if (old && JSON.stringify(old['rules'] ?? []) === JSON.stringify(rules) && !addsAggregation(object, old))
      return undefined;
    if (may(stored, user, { verb: 'escalate', group, resource, namespace, name: object.metadata.name }))
      return undefined;
    if (addsAggregation(object, old)) return 'must have cluster-admin privileges to use the aggregationRule';
    return refusal(stored, user, namespace, rules);
  }
  if (resource === 'rolebindings' || resource === 'clusterrolebindings') {
    const ref = roleRefOf(object);
    const bound = ref.kind === 'Role' ? 'roles' : 'clusterroles';
    if (may(stored, user, { verb: 'bind', group, resource: bound, namespace, name: ref.name })) return undefined;
    if (!roleExists(stored, ref, namespace)) return `${bound}.${group} "${ref.name}" not found`;
    return refusal(stored, user, namespace, referencedRules(stored, ref, namespace));
  }
  return undefined;
};

type Asked = Omit<Attributes, 'namespace'> & { readonly namespace: string | undefined };

function may(stored: Stored, user: User, { namespace, ...asked }: Asked): boolean {
  return authorize(stored, user, namespace === undefined ? asked : { ...asked, namespace });
}

const addsAggregation = (object: KubeObject, old: KubeObject | undefined): boolean =>
  object['aggregationRule'] !== undefined &&
  JSON.stringify(object['aggregationRule']) !== JSON.stringify(old?.['aggregationRule']);

const roleExists = (stored: Stored, ref: { kind: string; name: string }, namespace: string | undefined): boolean =>
  ref.kind === 'Role'
    ? stored.get(group, 'roles', namespace, ref.name) !== undefined
    : stored.get(group, 'clusterroles', undefined, ref.name) !== undefined;

function refusal(
  stored: Stored,
  user: User,
  namespace: string | undefined,
  wanted: readonly PolicyRule[],
): string | undefined {
  const missing = uncovered([...rulesFor(stored, user, namespace)], wanted);
  if (missing.length === 0) return undefined;
  const groups = user.groups.map((name) => `"${name}"`).join(' ');
  const rules = missing.map((rule) => `\n${JSON.stringify(rule)}`).join('');
  return `user "${user.name}" (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:${rules}`;
}
