import { allows, type PolicyRule } from './rbac-rules.ts';

/**
 * The single rights of `wanted` that no rule of `held` gives: each with one verb, one group and resource, and at most one name.
 * A wildcard is only covered by a wildcard.
 */
export function uncovered(held: readonly PolicyRule[], wanted: readonly PolicyRule[]): readonly PolicyRule[] {
  return wanted.flatMap(single).filter((right) => !held.some((rule) => gives(rule, right)));
}

interface Right {
  readonly verbs: readonly [string];
  readonly apiGroups?: readonly [string];
  readonly resources?: readonly [string];
  readonly resourceNames?: readonly [string];
  readonly nonResourceURLs?: readonly [string];
}

/** Takes a rule apart. */
function single(rule: PolicyRule): readonly Right[] {
  const names = rule.resourceNames?.length ? rule.resourceNames : [undefined];
  return (rule.verbs ?? []).flatMap((verb) => [
    ...(rule.nonResourceURLs ?? []).map((url): Right => ({ verbs: [verb], nonResourceURLs: [url] })),
    ...(rule.apiGroups ?? []).flatMap((group) =>
      (rule.resources ?? []).flatMap((resource) =>
        names.map((name): Right => {
          const right: Right = { verbs: [verb], apiGroups: [group], resources: [resource] };
          return name === undefined ? right : { ...right, resourceNames: [name] };
        }),
      ),
    ),
  ]);
}

/** Asked as a request for the literal text, `*` included, a right is given exactly when a rule covers it. */
function gives(rule: PolicyRule, right: Right): boolean {
  const [verb] = right.verbs;
  const path = right.nonResourceURLs?.[0];
  if (path !== undefined) return allows(rule, { verb, group: '', resource: '', nonResourcePath: path });
  const [resource = '', subresource] = (right.resources?.[0] ?? '').split('/');
  const name = right.resourceNames?.[0];
  return allows(rule, {
    verb,
    group: right.apiGroups?.[0] ?? '',
    resource,
    ...(subresource === undefined ? {} : { subresource }),
    ...(name === undefined ? {} : { name }),
  });
}
