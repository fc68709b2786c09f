import type { Action, Plan, PlannedStep, RegistrationPlan, Verdict } from '../../src/model/plan.ts';

export const wide = { color: false, width: 100 } as const;
export const style = { color: false, width: 80 } as const;

const step = (
  id: string,
  site: 'hub' | 'member',
  does: PlannedStep['does'],
  more: Partial<PlannedStep> = {},
): PlannedStep => ({
  step: id,
  site,
  title: id.replaceAll('-', ' '),
  does,
  objects: [],
  fields: [],
  ...more,
});

/** The steps of a first join, as the OCM drivers plan them. */
export const joinSteps = (member: string): PlannedStep[] => [
  step('identity', 'hub', 'create', { objects: [`ServiceAccount/rollcall/${member}`] }),
  step('managed-cluster', 'hub', 'create', { objects: [`ManagedCluster/${member}`] }),
  step('bootstrap', 'member', 'issue', {
    objects: ['Secret/open-cluster-management-agent/bootstrap-hub-kubeconfig'],
    restarts: 'the agent',
  }),
  step('klusterlet', 'member', 'create', { objects: ['Klusterlet/klusterlet'], restarts: 'the agent' }),
  step('approve', 'hub', 'approve'),
  step('accept', 'hub', 'change', { objects: [`ManagedCluster/${member}`] }),
  step('lease', 'hub', 'wait'),
  step('available', 'hub', 'wait'),
];

export const registration = (id: string, verdict: Verdict, more: Partial<RegistrationPlan> = {}): RegistrationPlan => {
  const [hub = '', member = ''] = id.split('/');
  return { id, hub, member, nameOnHub: member, mode: 'ocm-default', verdict, steps: [], notes: [], ...more };
};

export const changing = (id: string, action: Action, more: Partial<RegistrationPlan> = {}): RegistrationPlan =>
  registration(id, { is: 'change', action }, more);

export const labelStep = (member: string, live: string | undefined, desired: string): PlannedStep =>
  step('managed-cluster', 'hub', 'change', {
    objects: [`ManagedCluster/${member}`],
    fields: [
      {
        object: `ManagedCluster/${member}`,
        path: '.metadata.labels.tier',
        ...(live === undefined ? {} : { live }),
        desired,
      },
    ],
  });

const unjoin = changing('ocm-us/pay-us-09', 'unjoin', {
  why: 'state: absent',
  source: { file: 'fleet.yaml', line: 41, column: 5 },
  consequences: {
    works: 11,
    workNames: ['ledger', 'payments-api', 'web', 'db'],
    addons: 2,
    addonNames: ['proxy', 'policy'],
  },
  steps: [
    step('managed-cluster', 'hub', 'remove', { objects: ['ManagedCluster/pay-us-09', 'Namespace/pay-us-09'] }),
    step('klusterlet', 'member', 'remove', {
      objects: [
        'Klusterlet/klusterlet',
        'Namespace/open-cluster-management-agent',
        'Secret/open-cluster-management-agent/bootstrap-hub-kubeconfig',
      ],
    }),
    step('identity', 'hub', 'remove', {
      objects: ['ServiceAccount/rollcall/pay-us-09', 'ClusterRoleBinding/rollcall:pay-us-09'],
    }),
    step('gone', 'member', 'wait'),
  ],
});

const restart = changing('ocm-eu/shop-eu-04', 'repair', {
  steps: [
    step('klusterlet', 'member', 'change', {
      objects: ['Klusterlet/klusterlet'],
      restarts: 'the agent',
      fields: [
        {
          object: 'Klusterlet/klusterlet',
          path: '.spec.resourceRequirement.type',
          live: 'BestEffort',
          desired: 'ResourceRequirement',
          by: { manager: 'kubectl-edit', at: '2026-11-20T22:14:31Z' },
        },
        {
          object: 'Klusterlet/klusterlet',
          path: '.spec.resourceRequirement.resourceRequirements.limits',
          live: { memory: '256Mi', cpu: '0.5' },
          desired: { cpu: '500m', memory: '512Mi' },
          by: { manager: 'kubectl-edit' },
        },
      ],
    }),
    step('lease', 'hub', 'wait'),
  ],
});

/** One of everything, modelled on a change window of a fleet of 400. */
export const samplePlan: Plan = {
  apiVersion: 'rollcall.dev/v1alpha1',
  kind: 'Plan',
  fleet: 'acme',
  hash: '7f3a91c2d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f',
  hubs: [
    { name: 'ocm-eu', observed: true },
    { name: 'ocm-us', observed: true },
    {
      name: 'ocm-ap',
      observed: false,
      reason: 'GET managedclusters: 403, may not list managedclusters',
      next: 'apply the RBAC for plan from the README',
    },
  ],
  members: 400,
  registrations: [
    changing('ocm-eu/pay-eu-40', 'join', { steps: joinSteps('pay-eu-40') }),
    restart,
    changing('ocm-eu/cart-eu-02', 'repair', {
      steps: [labelStep('cart-eu-02', undefined, 'gold')],
      notes: ['1 request by somebody else is ignored (cart-eu-02-x2k9p, by system:serviceaccount:default:test)'],
    }),
    changing('ocm-eu/lab-01', 'adopt', {
      steps: [step('record', 'hub', 'create', { objects: ['ConfigMap/rollcall/lab-01'] })],
    }),
    unjoin,
    registration('ocm-eu/pay-eu-21', {
      is: 'refused',
      reason: 'another cluster: kube-system 1f2e77c0, recorded 9a0c41d2 (2026-03-01)',
      next: 'rebuilt? rollcall apply --rebuilt pay-eu-21',
    }),
    registration(
      'ocm-eu/lab-02',
      { is: 'refused', reason: 'registered by somebody else', next: 'set adopt: true to take it over' },
      { steps: [labelStep('lab-02', 'silver', 'gold')] },
    ),
    registration(
      'ocm-eu/edge-07',
      { is: 'blocked', reason: 'connect 10.4.0.7:6443 timed out, 5 s', next: 'check the network from this machine' },
      {
        notes: ['agent silent 3d'],
      },
    ),
    registration('ocm-us/edge-22', { is: 'blocked', reason: '401, token expired 2026-11-18' }),
    registration('ocm-eu/pay-eu-30', {
      is: 'unhealthy',
      reasons: ['agent silent for 14m, nothing to repair', 'hub says Available: Unknown'],
    }),
    ...Array.from({ length: 3 }, (_, at) => registration(`ocm-eu/quiet-${at}`, { is: 'in-sync' })),
  ],
  unmanaged: Array.from({ length: 12 }, (_, at) => ({
    hub: 'ocm-us',
    name: `legacy-${String(at + 1).padStart(2, '0')}`,
  })),
};

/** The smallest plan around some registrations. */
export const planOf = (registrations: readonly RegistrationPlan[], more: Partial<Plan> = {}): Plan => ({
  ...samplePlan,
  hubs: [{ name: 'ocm-eu', observed: true }],
  members: registrations.length,
  registrations,
  unmanaged: [],
  ...more,
});
