import type { AccessQuestion, Cluster } from '../model/cluster.ts';
import { ClusterError } from '../model/errors.ts';
import type { PlannedStep } from '../model/plan.ts';
import type { SiteName } from '../model/readings.ts';
import type { Step } from '../model/step.ts';
import { right, type Sites } from './steps/handler.ts';
import { handlerOf } from './steps/index.ts';
import type { Draft } from './subject.ts';

interface Right {
  readonly site: SiteName;
  readonly question: AccessQuestion;
}

/** Asks a cluster for a right. @throws ClusterError */
export type AskRight = (cluster: Cluster, question: AccessQuestion) => Promise<boolean>;

/** @returns a way to ask that sends one question once per cluster, for as long as it is kept */
export function askOnce(): AskRight {
  const asked = new Map<Cluster, Map<string, Promise<boolean>>>();
  return (cluster, question) => {
    const answers = asked.get(cluster) ?? new Map<string, Promise<boolean>>();
    asked.set(cluster, answers);
    const key = JSON.stringify(question);
    const answer = answers.get(key) ?? cluster.may(question);
    answers.set(key, answer);
    return answer;
  };
}

/** What carrying out one planned step asks of the API server. */
function rightsFor(step: Step, does: PlannedStep['does']): readonly Right[] {
  const owned = handlerOf(step).owned(step);
  if (does === 'wait') return [];
  if (does === 'remove') {
    const leaves = (step.leaves ?? []).flatMap(({ ref }) =>
      ref.read === 'object' || ref.read === 'list' ? [right(ref.site, 'delete', ref.key)] : [],
    );
    return [...owned.map((ref) => right(ref.site, 'delete', ref.key)), ...leaves];
  }
  return [
    ...handlerOf(step).rights(step),
    // An apply that creates is authorized as both.
    ...(does === 'create' || does === 'issue' ? owned.map((ref) => right(ref.site, 'create', ref.key)) : []),
    ...(step.rights ?? []).map((question) => ({ site: step.site, question })),
  ];
}

/**
 * Asks the clusters, by SelfSubjectAccessReview, whether the planned steps may be performed. Nothing is asked for a
 * registration without a change.
 * @returns the draft, refused when a right is missing
 */
export async function missingRights(entry: Draft, sites: Sites, may: AskRight): Promise<Draft> {
  const { plan, subject } = entry;
  if (plan.verdict.is !== 'change') return entry;
  const planned = new Map(plan.steps.map(({ step, does }) => [step, does]));
  const needed = subject.steps.flatMap((step) => rightsFor(step, planned.get(step.id) ?? 'wait'));
  try {
    const answers = await Promise.all(
      needed.map(async (one) => ({ ...one, yes: await may(sites[one.site], one.question) })),
    );
    const missing = answers.filter(({ yes }) => !yes);
    if (missing.length === 0) return entry;
    const verdict = {
      is: 'refused',
      reason: `the credentials may not: ${described(missing)}`,
      next: 'grant the rights (README, "Rights"), or use other credentials',
    } as const;
    return { subject, plan: { ...plan, steps: [], verdict } };
  } catch (error) {
    if (!(error instanceof ClusterError)) throw error;
    return { subject, plan: { ...plan, steps: [], verdict: { is: 'blocked', reason: error.message } } };
  }
}

/** @returns verbs by what they are for: `create, patch serviceaccounts in namespace x on the hub; …` */
function described(missing: readonly Right[]): string {
  const verbs = new Map<string, Set<string>>();
  for (const { site, question } of missing) {
    const { verb, group, subresource, namespace, name } = question;
    const resource = `${question.resource}${subresource === undefined ? '' : `/${subresource}`}`;
    const what = `${resource}${group === '' ? '' : `.${group}`}${name === undefined ? '' : ` ${name}`}`;
    const place = `${what}${namespace === undefined ? '' : ` in namespace ${namespace}`} on the ${site}`;
    verbs.set(place, (verbs.get(place) ?? new Set()).add(verb));
  }
  return [...verbs].map(([place, set]) => `${[...set].join(', ')} ${place}`).join('; ');
}
