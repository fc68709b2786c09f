import { isDeepStrictEqual } from 'node:util';
import type { KubeObject } from '../../../model/cluster.ts';
import type { Core } from '../core.ts';
import { replace } from '../write.ts';
import { type Controller, controllerWriter } from './queue.ts';

const group = 'rbac.authorization.k8s.io';

interface AggregationRule {
  readonly clusterRoleSelectors?: readonly { readonly matchLabels?: Readonly<Record<string, string>> }[];
}

function selected(rule: AggregationRule, role: KubeObject): boolean {
  return (rule.clusterRoleSelectors ?? []).some((selector) =>
    Object.entries(selector.matchLabels ?? {}).every(([key, value]) => role.metadata.labels?.[key] === value),
  );
}

/** Gives every ClusterRole with an aggregationRule the rules of the ClusterRoles it selects. */
export function aggregation(core: Core): Controller {
  return {
    *concerns(change) {
      if (change.group === group && change.resource === 'clusterroles') yield 'all';
    },
    reconcile() {
      const type = core.registry.find(`${group}/v1`, 'clusterroles');
      const roles = core.store.list(group, 'clusterroles');
      for (const role of roles) {
        const rule = role['aggregationRule'] as AggregationRule | undefined;
        if (!rule || !type || role.metadata.deletionTimestamp) continue;
        const sources = roles.filter((other) => other !== role && selected(rule, other));
        const rules: unknown[] = [];
        for (const one of sources.flatMap((source) => (source['rules'] ?? []) as readonly unknown[])) {
          if (!rules.some((known) => isDeepStrictEqual(known, one))) rules.push(one);
        }
        if (!isDeepStrictEqual(role['rules'] ?? [], rules))
          replace(core, type, role, { ...role, rules }, controllerWriter);
      }
    },
  };
}
