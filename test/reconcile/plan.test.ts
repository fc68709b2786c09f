import { expect, test } from 'vitest';
import type { RegistrationPlan } from '../../src/model/plan.ts';
import { assemblePlan, removalsOf, toExecute } from '../../src/reconcile/plan.ts';

const repair = (by: { manager: string; at: string }, desired = 'gold'): RegistrationPlan => ({
  id: 'hub/edge-1',
  hub: 'hub',
  member: 'edge-1',
  nameOnHub: 'edge-1',
  mode: 'ocm-default',
  verdict: { is: 'change', action: 'repair' },
  steps: [
    {
      step: 'managed-cluster',
      site: 'hub',
      title: 'ManagedCluster',
      does: 'change',
      objects: ['ManagedCluster/edge-1'],
      fields: [{ object: 'ManagedCluster/edge-1', path: '.metadata.labels.tier', live: 'mud', desired, by }],
    },
  ],
  notes: [by.at],
});
const planOf = (registration: RegistrationPlan) =>
  assemblePlan({
    fleet: 'acme',
    members: 1,
    hubs: [{ name: 'hub', observed: true }],
    registrations: [registration],
    unmanaged: [],
  });
const early = { manager: 'kubectl-edit', at: '2026-11-20T22:14:00Z' };

test('the hash covers what will be done, and neither who wrote a value nor when', () => {
  const late = { manager: 'kubectl-patch', at: '2026-11-21T08:00:00Z' };
  expect(planOf(repair(late)).hash).toBe(planOf(repair(early)).hash);
  expect(planOf(repair(early, 'iron')).hash).not.toBe(planOf(repair(early)).hash);
  expect(planOf({ ...repair(early), held: 'needs --prune' }).hash).not.toBe(planOf(repair(early)).hash);
});

test('what is held back is neither executed nor counted as a removal', () => {
  const unjoin = { ...repair(early), verdict: { is: 'change', action: 'unjoin' } } as const;
  expect([toExecute(planOf(unjoin)).length, removalsOf(planOf(unjoin))]).toEqual([1, 1]);
  const held = planOf({ ...unjoin, held: 'needs --prune' });
  expect([toExecute(held).length, removalsOf(held)]).toEqual([0, 0]);
});
