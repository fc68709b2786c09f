import type { Outcome, Status } from '../../src/model/outcome.ts';
import type { Problem } from '../../src/model/problem.ts';
import type { Run } from '../../src/report/summary.ts';

export const sampleRun: Run = {
  startedAt: '2026-11-21T21:00:04Z',
  endedAt: '2026-11-21T21:06:31Z',
  exitCode: 5,
  command: 'rollcall apply',
};

const webhook = (member: string, tookMs: number): Outcome => ({
  id: `ocm-eu/${member}`,
  action: 'join',
  tookMs,
  is: 'failed',
  step: 'agent-namespace',
  reason:
    'member Namespace/open-cluster-management-agent: webhook "validation.gatekeeper.sh" denied it: label owner required',
  next: 'exempt the namespace; re-running is safe',
  written: [`hub ConfigMap/rollcall/${member}`, `hub ManagedCluster/${member}`],
});

export const done = (member: string, action: Outcome['action'], tookMs: number): Outcome => ({
  id: `ocm-eu/${member}`,
  action,
  tookMs,
  is: 'done',
  written: [],
});

export const sampleOutcomes: readonly Outcome[] = [
  ...Array.from({ length: 30 }, (_, at) => done(`pay-${at}`, 'join', 1000 * at)),
  done('edge-33', 'join', 41_200),
  done('cart-02', 'repair', 480),
  done('lab-01', 'adopt', 300),
  done('pay-us-09', 'unjoin', 65_000),
  ...Array.from({ length: 5 }, (_, at) => done(`quiet-${at}`, 'none', 90)),
  webhook('edge-19', 2000),
  webhook('edge-20', 2100),
  webhook('edge-21', 2200),
  {
    id: 'ocm-eu/edge-40',
    action: 'repair',
    tookMs: 9000,
    is: 'failed',
    step: 'klusterlet',
    reason: 'not kept by the server: .spec.priorityClassName',
    written: ['member Klusterlet/klusterlet'],
  },
  {
    id: 'ocm-eu/edge-07',
    action: 'none',
    tookMs: 5000,
    written: [],
    is: 'blocked',
    reason: 'connect 10.4.0.7:6443 timed out, 5 s',
  },
  {
    id: 'ocm-us/edge-08',
    action: 'none',
    tookMs: 5000,
    written: [],
    is: 'blocked',
    reason: 'connect 10.4.0.8:6443 timed out, 5 s',
  },
  {
    id: 'ocm-us/edge-22',
    action: 'none',
    tookMs: 80,
    written: [],
    is: 'blocked',
    reason: '401, token expired 2026-11-18',
    next: 'renew /etc/fleet/kube/edge-22.yaml',
  },
  {
    id: 'ocm-eu/pay-eu-21',
    action: 'none',
    tookMs: 80,
    written: [],
    is: 'refused',
    reason: 'another cluster: kube-system 1f2e77c0, recorded 9a0c41d2',
    next: 'rebuilt? rollcall apply --rebuilt pay-eu-21',
  },
  {
    id: 'ocm-eu/edge-50',
    action: 'join',
    tookMs: 700,
    written: ['hub ConfigMap/rollcall/edge-50'],
    is: 'interrupted',
    step: 'bootstrap',
  },
  {
    id: 'ocm-eu/edge-51',
    action: 'join',
    tookMs: 0,
    written: [],
    is: 'not-started',
    reason: 'interrupted before its turn',
  },
  {
    id: 'ocm-eu/edge-52',
    action: 'join',
    tookMs: 0,
    written: [],
    is: 'not-started',
    reason: 'interrupted before its turn',
  },
];

export const sampleStatus: Status = {
  apiVersion: 'rollcall.dev/v1alpha1',
  kind: 'Status',
  fleet: 'acme',
  at: '2026-11-21T21:00:00Z',
  rows: [
    {
      id: 'ocm-eu/shop-eu-04',
      hub: 'ocm-eu',
      member: 'shop-eu-04',
      mode: 'ocm-singleton',
      state: 'drifted',
      since: '2026-11-21T13:00:00Z',
      agentRenewed: '2026-11-21T20:59:51Z',
      certificateExpires: '2027-06-10T21:00:00Z',
      note: '1 field, kubectl-edit',
    },
    {
      id: 'ocm-eu/edge-07',
      hub: 'ocm-eu',
      member: 'edge-07',
      mode: 'ocm-default',
      state: 'unreachable',
      since: '2026-11-18T20:00:00Z',
      agentRenewed: '2026-11-18T19:00:00Z',
      note: 'connect timed out',
    },
    {
      id: 'ocm-us/edge-22',
      hub: 'ocm-us',
      member: 'edge-22',
      mode: 'ocm-default',
      state: 'hub view',
      since: '2026-11-20T19:00:00Z',
      agentRenewed: '2026-11-21T20:59:48Z',
      certificateExpires: '2027-09-28T22:00:00Z',
      note: '401; member not checked',
    },
    {
      id: 'ocm-eu/pay-eu-21',
      hub: 'ocm-eu',
      member: 'pay-eu-21',
      mode: 'ocm-default',
      state: 'refused',
      note: 'another cluster',
    },
    {
      id: 'ocm-eu/pay-eu-30',
      hub: 'ocm-eu',
      member: 'pay-eu-30',
      mode: 'ocm-default',
      state: 'unhealthy',
      since: '2026-11-21T20:46:00Z',
      agentRenewed: '2026-11-21T21:00:03Z',
      certificateExpires: '2026-11-21T20:00:00Z',
      note: 'agent silent, nothing to repair',
    },
    { id: 'ocm-eu/quiet-1', hub: 'ocm-eu', member: 'quiet-1', mode: 'ocm-default', state: 'in sync' },
    { id: 'ocm-eu/quiet-0', hub: 'ocm-eu', member: 'quiet-0', mode: 'ocm-default', state: 'in sync' },
    { id: 'ocm-us/legacy-01', hub: 'ocm-us', member: 'legacy-01', mode: '-', state: 'unmanaged' },
  ],
};

export const sampleProblems: readonly Problem[] = [
  {
    rule: 'unknown-key',
    message: 'unknown key "lables" in a member',
    file: 'fleet.yaml',
    line: 12,
    column: 21,
    path: 'members[2].lables',
    sourceLine: '  - { name: pay-2,  lables: { region: us } }',
    suggestion: 'did you mean "labels"?',
  },
  {
    rule: 'unknown-option',
    message:
      'ocm-default knows no option "qosClass" at this place; it belongs under resources, where the requests and limits are',
    file: 'fleet.yaml',
    line: 30,
    column: 12,
    path: 'members[4].registrations[0].options.qosClass',
    sourceLine: '\toptions: { qosClass: BestEffort }',
    also: [{ label: 'from group "small"', file: 'fleet.yaml', line: 8, column: 3 }],
  },
  { rule: 'unreadable', message: 'cannot be read: permission denied', file: 'other.yaml' },
];
