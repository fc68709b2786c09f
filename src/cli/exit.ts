import { exitCodes } from '../model/errors.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';

const wrong: readonly string[] = ['blocked', 'refused', 'unhealthy'];

/** @returns the exit code of a plan that is only shown */
export function exitOfPlan(plan: Plan, detailed: boolean): number {
  if (plan.hubs.some(({ observed }) => !observed)) return exitCodes.hubUnobserved;
  if (!detailed) return exitCodes.ok;
  if (plan.registrations.some(({ verdict }) => wrong.includes(verdict.is))) return exitCodes.incomplete;
  return plan.registrations.some(({ verdict }) => verdict.is === 'change') ? exitCodes.pending : exitCodes.ok;
}

/** @returns the exit code of a run: what was asked for, and what the plan could not do */
export function exitOfRun(plan: Plan, outcomes: readonly Outcome[], interrupted: number | undefined): number {
  if (interrupted !== undefined) return interrupted;
  const code = exitOfPlan(plan, true);
  if (code === exitCodes.hubUnobserved || code === exitCodes.incomplete) return code;
  return outcomes.every(({ is }) => is === 'done') ? exitCodes.ok : exitCodes.incomplete;
}
