import { nameOnHub } from '../model/fleet.ts';
import type { Action, RegistrationPlan, Verdict } from '../model/plan.ts';
import { fleetLabel } from './compare.ts';
import { judge, nameOf } from './judge.ts';
import { valueAt } from './path.ts';
import { type BrokenRecord, type FleetRecord, registrationOf } from './record.ts';
import { isLoopback } from './site.ts';
import { type Draft, orphanReason } from './subject.ts';

/** The records of one hub, each found without a search. */
export interface HubRecords {
  /** By the name on the hub, those of other fleets included. */
  readonly byName: ReadonlyMap<string, FleetRecord>;
  /** This fleet's, by member. */
  readonly ownByMember: ReadonlyMap<string, FleetRecord>;
}

/** What the policies know beside the drafts themselves. */
export interface PolicyContext {
  readonly fleet: string;
  /** The records of each hub, by hub name. */
  readonly records: ReadonlyMap<string, HubRecords>;
  /** By hub name, then by the name on the hub. */
  readonly broken: ReadonlyMap<string, ReadonlyMap<string, BrokenRecord>>;
  /** The server that members are told to use, by registration id. */
  readonly hubServers: ReadonlyMap<string, string>;
  /** Hubs that were not read in this run, by the member that the file has on them. */
  readonly unread: ReadonlyMap<string, string>;
  readonly prune: boolean;
  readonly only?: readonly Action[];
}

/** Plan → plan: what a policy refuses stays visible with its reason. */
export type Policy = (drafts: readonly Draft[], context: PolicyContext) => readonly Draft[];

const each =
  (decide: (entry: Draft, context: PolicyContext) => Partial<RegistrationPlan> | undefined): Policy =>
  (drafts, context) =>
    drafts.map((entry) => {
      const change = decide(entry, context);
      return change === undefined ? entry : { ...entry, plan: { ...entry.plan, ...change } };
    });

const refuse = (reason: string, next?: string): Partial<RegistrationPlan> => ({
  verdict: { is: 'refused', reason, ...(next === undefined ? {} : { next }) },
  steps: [],
});

/** What a fence protects is anything but a plan that is refused or blocked already. */
const open = ({ is }: Verdict): boolean => is === 'change' || is === 'in-sync' || is === 'unhealthy';

/** A record that cannot be read is somebody's: nothing under its name is touched. */
const brokenRecord: Policy = each(({ plan, subject }, { broken }) => {
  const hit = broken.get(plan.hub)?.get(nameOnHub(subject.registration));
  return (
    hit &&
    refuse(
      `ConfigMap rollcall/${hit.name} on the hub cannot be read as a record: ${hit.broken}`,
      "look at it; delete it by hand only if it is nobody's",
    )
  );
});

/** A registration that another fleet file keeps. */
const foreignRecord: Policy = each(({ plan, subject }, { fleet, records }) => {
  const hit = records.get(plan.hub)?.byName.get(nameOnHub(subject.registration));
  if (hit === undefined || hit.fleet === fleet) return undefined;
  return refuse(
    `it belongs to fleet ${hit.fleet}`,
    `take it out of one of the two files; fleet ${hit.fleet} must unjoin it first`,
  );
});

/** The name on the hub and the Klusterlet's place are for life. */
const pinnedNames: Policy = each(({ plan, subject }, { records }) => {
  const { registration, driver } = subject;
  if (registration.state === 'absent') return undefined;
  const record = records.get(plan.hub)?.ownByMember.get(plan.member);
  if (record === undefined) return undefined;
  const before = driver.pinned(registrationOf(record, registration.hub));
  const changed = Object.entries(driver.pinned(registration)).find(([key, value]) => before[key] !== value);
  if (changed === undefined) return undefined;
  const [key, value] = changed;
  return refuse(
    `options.${key} is pinned: recorded ${before[key] ?? '(none)'}, in the file ${value}`,
    'change it back, or unjoin first (state: absent) and join again',
  );
});

/** Another cluster answers under the old name. */
const anotherCluster: Policy = each(({ plan, subject }) => {
  const { record, memberUid, rebuilt, registration } = subject;
  if (record === undefined || memberUid === undefined || record.memberUid === memberUid) return undefined;
  // A rebuilt cluster is joined afresh; what leaves must be what was joined.
  if (rebuilt === true && registration.state === 'present') return undefined;
  // What else is refused of it (no operator, say) would only mislead: it is not the cluster that is meant.
  if (plan.verdict.is === 'blocked') return undefined;
  return refuse(
    `another cluster: kube-system ${memberUid}, recorded ${record.memberUid}`,
    `rebuilt? rollcall apply --rebuilt ${plan.member}`,
  );
});

/**
 * Somebody removed what is recorded and registered another cluster under its name. What we joined has our label on the hub
 * and what we adopted has its agent on the member; here a living agent is somewhere else.
 */
const namesake: Policy = each(({ plan, subject }, { fleet }) => {
  const { record, found, memberUid, registration, driver, live } = subject;
  if (record === undefined || found === undefined || found.labels[fleetLabel] === fleet) return undefined;
  if (subject.agentless !== true || record.memberUid !== memberUid || plan.verdict.is === 'blocked') return undefined;
  if (judge(driver.signs(registration).heartbeat, live).is !== 'holds') return undefined;
  return refuse(
    `${plan.nameOnHub} on the hub is another cluster's by now`,
    `if the agent was removed from this member just now, wait until its lease is old; otherwise delete ConfigMap rollcall/${plan.nameOnHub} on the hub by hand and give this member its own name`,
  );
});

/** One cluster under two names. A hub may be its own member, and a member may join several hubs. */
const sharedIdentity: Policy = (drafts, context) => {
  const { records, fleet } = context;
  const namesByUid = new Map<string, Set<string>>();
  const claim = (uid: string, member: string): void => {
    namesByUid.set(uid, (namesByUid.get(uid) ?? new Set()).add(member));
  };
  for (const { subject } of drafts) {
    if (subject.memberUid !== undefined && subject.registration.state === 'present')
      claim(subject.memberUid, subject.registration.member.name);
  }
  const readNow = new Set(
    drafts
      .filter(({ subject }) => subject.memberUid !== undefined && subject.registration.state === 'present')
      .map(({ plan }) => `${plan.hub}/${plan.member}`),
  );
  for (const [hub, { byName }] of records) {
    for (const record of byName.values()) {
      // The record of a member that was read just now says less than the member itself.
      const stale = record.fleet === fleet && readNow.has(`${hub}/${record.member}`);
      if (!stale && record.tombstone === undefined) claim(record.memberUid, record.member);
    }
  }
  return each(({ plan, subject }) => {
    const names = subject.memberUid === undefined ? undefined : namesByUid.get(subject.memberUid);
    if (names === undefined || names.size < 2 || subject.registration.state === 'absent') return undefined;
    // What else is refused of it follows from this.
    if (plan.verdict.is === 'blocked') return undefined;
    const list = [...names].toSorted().join(' and ');
    return refuse(
      `one cluster under two names: ${list} (kube-system ${subject.memberUid ?? ''})`,
      'check the contexts; keep one of the names',
    );
  })(drafts, context);
};

/** A member elsewhere cannot reach a hub on loopback. */
const loopbackEndpoint: Policy = each(({ plan, subject }, { hubServers }) => {
  const server = hubServers.get(plan.id);
  if (server === undefined || subject.registration.state === 'absent' || !open(plan.verdict)) return undefined;
  if (!isLoopback(server) || subject.memberServer === undefined || isLoopback(subject.memberServer.server))
    return undefined;
  return refuse(
    `the member would be told to reach its hub at ${server}, which is this machine itself`,
    `set hubs[${plan.hub}].endpoint.server to an address that members can reach`,
  );
});

/** A join must not take over agents that somebody else installed, nor our own ones of another hub. */
const occupied: Policy = each(({ plan, subject }, { fleet }) => {
  if (plan.verdict.is !== 'change' || plan.verdict.action !== 'join' || subject.record !== undefined) return undefined;
  const names = subject.steps.flatMap((step) => {
    if (step.restarts === undefined) return [];
    if (step.kind === 'credential') {
      const reading = subject.live.get(step.secret.ref);
      const server = reading.is === 'found' ? valueAt(reading.object, ['facts', step.secret.key, 'server']) : undefined;
      return server === undefined || server === step.kubeconfig.server
        ? []
        : [`${nameOf(step.secret.ref)} for ${String(server)}`];
    }
    if (step.kind !== 'object' || subject.registration.adopt) return [];
    return step.objects.flatMap(({ ref }) => {
      const reading = subject.live.get(ref);
      return reading.is === 'found' && reading.object.metadata.labels?.[fleetLabel] !== fleet ? [nameOf(ref)] : [];
    });
  });
  return names.length === 0
    ? undefined
    : refuse(
        `the member already has ${names.join(', ')}, which belongs to a registration that is not recorded on this hub`,
        'unjoin that one, or set options.klusterletName and klusterletNamespace for a second agent',
      );
});

/** Two entries of the file may reach one hub: as long as one of them was not read, what belongs to it looks like an orphan. */
const unreadHome: Policy = each(({ plan, subject }, { unread, prune }) => {
  const home = unread.get(plan.member);
  if (home === undefined || subject.why !== orphanReason || plan.verdict.is !== 'change') return undefined;
  if (!prune && subject.forget !== true) return undefined;
  return {
    verdict: {
      is: 'blocked',
      reason: `the file has ${plan.member} on hub ${home}, which was not read and may be this very cluster`,
      next: 'let one run read both hubs',
    },
    steps: [],
  };
});

/** What is not in the file any more goes only when asked, and until then nothing that would stand in its way is a fault. */
const orphans: Policy = each(({ plan, subject }, { prune }) => {
  const { verdict } = plan;
  if (subject.why !== orphanReason || subject.forget === true || prune || verdict.is === 'in-sync') return undefined;
  if (verdict.is === 'change') return { held: 'needs --prune' };
  const obstacle = 'reason' in verdict ? verdict.reason : verdict.reasons.join('; ');
  return {
    verdict: { is: 'change', action: 'unjoin' },
    held: 'needs --prune',
    steps: [],
    notes: [...plan.notes, `--prune would not remove it: ${obstacle}`],
  };
});

/** `--only`: the rest is shown and left. */
const onlyActions: Policy = each(({ plan }, { only }) =>
  plan.verdict.is === 'change' && only !== undefined && !only.includes(plan.verdict.action)
    ? { held: `not among --only ${only.join(',')}` }
    : undefined,
);

/** All of them, in order; each sees what the ones before left. */
export const policies: readonly Policy[] = [
  brokenRecord,
  foreignRecord,
  pinnedNames,
  anotherCluster,
  namesake,
  sharedIdentity,
  loopbackEndpoint,
  occupied,
  unreadHome,
  orphans,
  onlyActions,
];
