import type { Cluster } from '../model/cluster.ts';
import { ClusterError } from '../model/errors.ts';
import type { Draft } from './subject.ts';
import type { Sites } from './steps/handler.ts';
import { handlerOf } from './steps/index.ts';

const asked = new WeakMap<Cluster, Map<string, Promise<boolean>>>();

function may(cluster: Cluster, question: Parameters<Cluster['may']>[0]): Promise<boolean> {
  const answers = asked.get(cluster) ?? new Map<string, Promise<boolean>>();
  asked.set(cluster, answers);
  const key = JSON.stringify(question);
  const answer = answers.get(key) ?? cluster.may(question);
  answers.set(key, answer);
  return answer;
}

/**
 * Asks the clusters, by SelfSubjectAccessReview, whether the planned steps may be performed. One question is asked once per
 * cluster. Nothing is asked for a registration without a change.
 * @returns the draft, refused when a right is missing
 */
export async function missingRights(entry: Draft, sites: Sites): Promise<Draft> {
  const { plan, subject } = entry;
  if (plan.verdict.is !== 'change') return entry;
  const planned = new Map(plan.steps.map(({ step, does }) => [step, does]));
  const needed = subject.steps.flatMap((step) => {
    const does = planned.get(step.id);
    if (does === undefined || does === 'wait') return [];
    const rights = handlerOf(step).rights(step);
    return does === 'remove'
      ? rights.map((right) => ({ ...right, question: { ...right.question, verb: 'delete' } }))
      : rights;
  });
  try {
    const answers = await Promise.all(
      needed.map(async ({ site, question }) => ({ site, question, yes: await may(sites[site], question) })),
    );
    const missing = answers.filter(({ yes }) => !yes);
    if (missing.length === 0) return entry;
    const list = missing.map(({ site, question }) => {
      const resource = `${question.resource}${question.subresource === undefined ? '' : `/${question.subresource}`}`;
      const group = question.group === '' ? '' : `.${question.group}`;
      const place = question.namespace === undefined ? '' : ` in namespace ${question.namespace}`;
      return `${question.verb} ${resource}${group}${place} on the ${site}`;
    });
    return {
      subject,
      plan: {
        ...plan,
        steps: [],
        verdict: {
          is: 'refused',
          reason: `the credentials may not: ${[...new Set(list)].join('; ')}`,
          next: 'grant the rights (README, "Rights"), or use other credentials',
        },
      },
    };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return { subject, plan: { ...plan, steps: [], verdict: { is: 'blocked', reason: error.message } } };
  }
}
