import type { Status, StatusRow } from '../model/outcome.ts';
import type { RegistrationPlan, Verdict } from '../model/plan.ts';
import type { Draft } from './subject.ts';
import { judge, textOf } from './judge.ts';
import type { Survey } from './survey.ts';

/**
 * @returns every registration as it stands now, from the same readings as the plan
 */
export function statusOf({ plan, drafts, at }: Survey): Status {
  const byId = new Map(drafts.map((entry) => [entry.plan.id, entry]));
  const rows = plan.registrations.map((registration) => rowOf(registration, byId.get(registration.id)));
  const unmanaged = plan.unmanaged.map(
    ({ hub, name }): StatusRow => ({
      id: `${hub}/${name}`,
      hub,
      member: name,
      mode: '-',
      state: 'unmanaged',
      note: 'not in the file',
    }),
  );
  return { apiVersion: 'rollcall.dev/v1alpha1', kind: 'Status', fleet: plan.fleet, at, rows: [...rows, ...unmanaged] };
}

function rowOf(plan: RegistrationPlan, entry: Draft | undefined): StatusRow {
  const signs = entry?.subject.driver.signs(entry.subject.registration);
  const text = (operand: 'since' | 'agentRenewed' | 'certificateExpires'): string | undefined =>
    entry === undefined || signs === undefined ? undefined : textOf(signs[operand], entry.subject.live);
  const alive = entry !== undefined && signs !== undefined && judge(signs.heartbeat, entry.subject.live).is === 'holds';
  const given = (key: 'since' | 'agentRenewed' | 'certificateExpires') => {
    const value = text(key);
    return value === undefined ? {} : { [key]: value };
  };
  const note = noteOf(plan);
  return {
    id: plan.id,
    hub: plan.hub,
    member: plan.member,
    mode: plan.mode,
    state: stateOf(plan, alive),
    ...given('since'),
    ...given('agentRenewed'),
    ...given('certificateExpires'),
    ...(note === undefined ? {} : { note }),
  };
}

const changed = { join: 'missing', repair: 'drifted', adopt: 'unmanaged' } as const;

function stateOf({ verdict, why }: RegistrationPlan, alive: boolean): StatusRow['state'] {
  switch (verdict.is) {
    case 'in-sync':
      return why === undefined ? 'in sync' : 'absent';
    case 'unhealthy':
    case 'refused':
      return verdict.is;
    case 'blocked':
      return alive ? 'hub view' : 'unreachable';
    case 'change':
      if (verdict.action === 'unjoin') return why === 'state: absent' ? 'leaving' : 'orphan';
      return changed[verdict.action];
  }
}

function noteOf({ verdict, steps, held }: RegistrationPlan): string | undefined {
  if (verdict.is === 'unhealthy') return verdict.reasons.join('; ');
  if (verdict.is === 'blocked' || verdict.is === 'refused') return verdict.reason;
  if (verdict.is !== 'change') return undefined;
  return held ?? changeNote(verdict, steps);
}

function changeNote(verdict: Extract<Verdict, { is: 'change' }>, steps: RegistrationPlan['steps']): string {
  if (verdict.action === 'join') return 'not joined, or something recorded is gone';
  if (verdict.action === 'adopt') return 'made by others, to be adopted';
  if (verdict.action === 'unjoin') return 'to be unjoined';
  const fields = steps.flatMap((step) => step.fields);
  const writers = [...new Set(fields.flatMap(({ by }) => by?.manager ?? []))];
  const count =
    fields.length === 0
      ? steps.map(({ title }) => title).join(', ')
      : `${fields.length} field${fields.length === 1 ? '' : 's'}`;
  return writers.length === 0 ? count : `${count}, ${writers.join(', ')}`;
}
