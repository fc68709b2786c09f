import type { RegistrationPlan } from '../../src/model/plan.ts';
import type { Survey } from '../../src/reconcile/survey.ts';

/** @returns by registration: the action, or the verdict with its reason where there is one */
export const verdicts = ({ plan }: Survey): Readonly<Record<string, string>> =>
  Object.fromEntries(plan.registrations.map((registration) => [registration.id, verdictOf(registration)]));

function verdictOf({ verdict, held }: RegistrationPlan): string {
  const text =
    verdict.is === 'change'
      ? verdict.action
      : 'reasons' in verdict
        ? `unhealthy: ${verdict.reasons.join('; ')}`
        : 'reason' in verdict
          ? `${verdict.is}: ${verdict.reason}`
          : verdict.is;
  return held === undefined ? text : `${text} (${held})`;
}
