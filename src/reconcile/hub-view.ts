import type { Cluster } from '../model/cluster.ts';
import type { FoundRegistration, HubFacts } from '../model/driver.ts';
import { ClusterError } from '../model/errors.ts';
import { type Fleet, type Hub, nameOnHub, type Registration } from '../model/fleet.ts';
import type { RegistrationPlan, Unmanaged } from '../model/plan.ts';
import type { Readings, Ref } from '../model/readings.ts';
import type { Step } from '../model/step.ts';
import { refsOfSteps } from './assess.ts';
import { endpointOf, refsOfEndpoint } from './endpoint.ts';
import { observeInBulk } from './observe.ts';
import {
  type BrokenRecord,
  decodeRecords,
  type FleetRecord,
  kubeSystemRef,
  recordsRef,
  recordStep,
  registrationOf,
} from './record.ts';
import { refsOfRemoval } from './removal.ts';
import { trustedAccess } from './recorded-access.ts';
import type { SurveyOptions } from './scope.ts';
import { refsOfCondition } from './steps/condition.ts';
import type { Context } from './steps/handler.ts';
import { framed, orphanReason, type Subject } from './subject.ts';

/** One hub as it was read, with everything that concerns it in this run. */
export interface HubView {
  readonly hub: Hub;
  readonly cluster: Cluster;
  readonly records: readonly FleetRecord[];
  readonly broken: readonly BrokenRecord[];
  readonly found: ReadonlyMap<string, FoundRegistration>;
  readonly candidates: readonly Candidate[];
  /** Registrations whose steps cannot even be listed. */
  readonly blocked: readonly RegistrationPlan[];
  readonly live: Readings;
  /** UID of the hub's kube-system namespace; left out when it has none. */
  readonly uid?: string;
  /** The hub's clock, RFC 3339. */
  readonly at: string;
}

/** A hub that could not be read: nothing is known of its registrations. */
export interface Unobserved {
  readonly hub: Hub;
  readonly reason: string;
  readonly next?: string;
  readonly registrations: readonly RegistrationPlan[];
}

/** A subject before its member was read. */
export interface Candidate extends Omit<Subject, 'live' | 'steps' | 'memberUid' | 'memberServer'> {
  readonly driverSteps: Subject['steps'];
  /** What members are told to reach their hub by. */
  readonly server: string;
}

/** Tells whether two hubs of the file are one cluster. */
const hubIdentityRef: Ref = { ...kubeSystemRef, site: 'hub' };

/** @returns a hub of which nothing may be said, with its registrations blocked */
export const unobservedHub = (
  hub: Hub,
  selected: readonly Registration[],
  reason: string,
  next?: string,
): Unobserved => ({
  hub,
  reason,
  ...(next === undefined ? {} : { next }),
  registrations: selected.map((registration) => blockedPlan(registration, `hub ${hub.name}: ${reason}`, undefined)),
});

/** Reads a hub in bulk: first what is registered and recorded there, then what the steps of its registrations need. */
export async function viewHub(
  hub: Hub,
  cluster: Cluster,
  selected: readonly Registration[],
  options: SurveyOptions,
): Promise<HubView | Unobserved> {
  const unobserved = (reason: string, next?: string): Unobserved => unobservedHub(hub, selected, reason, next);
  try {
    const drivers = Object.values(options.drivers).filter(({ hubType }) => hubType === hub.type);
    const known = await observeInBulk(cluster, [
      recordsRef,
      hubIdentityRef,
      ...drivers.flatMap((driver) => driver.hubReads(hub)),
      ...refsOfEndpoint(hub, selected),
    ]);
    const kept = known.get(recordsRef);
    if (kept.is === 'unreadable') return unobserved(kept.reason, kept.next);
    const identity = known.get(hubIdentityRef);
    if (identity.is === 'unreadable') return unobserved(identity.reason, identity.next);
    const uid = identity.is === 'found' ? identity.object.metadata.uid : undefined;
    const { records, broken } = decodeRecords(kept.is === 'listed' ? kept.items : []);
    const found = new Map<string, FoundRegistration>();
    for (const driver of drivers) {
      const discovered = driver.discover(hub, known);
      if ('unreadable' in discovered) return unobserved(discovered.unreadable);
      for (const entry of discovered) found.set(entry.name, entry);
    }
    const mine = records.filter(({ fleet }) => fleet === options.fleet.name);
    const byName = new Map(mine.map((record) => [record.name, record]));
    const byMember = new Map(mine.map((record) => [record.member, record]));
    const declared = new Set(options.fleet.registrations.map(({ id }) => id));
    const candidates: Candidate[] = [];
    const blocked: RegistrationPlan[] = [];
    for (const written of [...selected, ...orphansOf(hub, mine, declared, options)]) {
      const recorded = asRecorded(written, byMember.get(written.member.name));
      const access = declared.has(written.id)
        ? written.member.access
        : trustedAccess(recorded.member.access, options.fleet);
      if ('distrusted' in access && !options.forget.includes(written.member.name)) {
        blocked.push(blockedPlan(recorded, access.distrusted, 'declare it again with state: absent and its access'));
        continue;
      }
      const registration = 'distrusted' in access ? recorded : { ...recorded, member: { ...recorded.member, access } };
      const record = byName.get(nameOnHub(registration));
      const now = endpointOf(registration, cluster.endpoint, known, options.fingerprints);
      const endpoint = registration.state === 'absent' ? asTold(now, record) : now;
      if ('problem' in endpoint) {
        blocked.push(blockedPlan(registration, endpoint.problem, endpoint.next));
        continue;
      }
      const driver = options.drivers[registration.mode];
      const entry = found.get(nameOnHub(registration));
      candidates.push({
        registration,
        driver,
        server: endpoint.server,
        driverSteps: driver.steps(registration, endpoint),
        ...(record === undefined ? {} : { record }),
        ...(entry === undefined ? {} : { found: entry }),
        ...whyOf(registration, declared.has(registration.id)),
        ...(options.forget.includes(registration.member.name) ? { forget: true as const } : {}),
        ...(options.rebuilt.includes(registration.member.name) ? { rebuilt: true as const } : {}),
      });
    }
    const refs = candidates.flatMap(refsOfCandidate).filter(({ site }) => site === 'hub');
    const live = await observeInBulk(cluster, refs, known);
    return {
      hub,
      cluster,
      records,
      broken,
      found,
      candidates,
      blocked,
      live,
      ...(uid === undefined ? {} : { uid }),
      at: kept.at,
    };
  } catch (error) {
    if (error instanceof ClusterError) return unobserved(error.message, error.next);
    throw error;
  }
}

/**
 * What leaves is taken apart as it was put together: the file may have lost the options by then, and without them other
 * objects would be meant, those of another registration on the same member among them.
 */
function asRecorded(registration: Registration, record: FleetRecord | undefined): Registration {
  const { hub, member, works, source } = registration;
  if (registration.state === 'present' || record === undefined) return registration;
  return { ...registrationOf(record, hub), member, works, source };
}

/** What leaves was told to reach its hub by an address of its own time, whatever the file says now. */
function asTold(
  now: ReturnType<typeof endpointOf>,
  record: FleetRecord | undefined,
): HubFacts | Extract<ReturnType<typeof endpointOf>, { problem: string }> {
  if (record === undefined) return now;
  return { ...('problem' in now ? { caFingerprints: [] } : now), server: record.server };
}

const whyOf = ({ state }: Registration, inFile: boolean): { readonly why?: string } => {
  if (!inFile) return { why: orphanReason };
  return state === 'absent' ? { why: 'state: absent' } : {};
};

/** @returns what must be read, on all sites, to plan a registration */
export function refsOfCandidate(candidate: Candidate): readonly Ref[] {
  const { registration, driver, record, found } = candidate;
  const signs = driver.signs(registration);
  const steps = withRecord(candidate, '', { fleet: '', version: '' });
  if (registration.state === 'present') return [...refsOfSteps(steps), ...refsOfCondition(signs.agentAlive)];
  if (record === undefined && found === undefined) return [];
  const { works, addons } = driver.consequences(registration);
  return [
    ...refsOfRemoval(steps).filter(({ read }) => read !== 'contents'),
    works,
    addons,
    ...refsOfCondition(signs.heartbeat),
    ...(record === undefined ? [] : refsOfCondition(signs.holdsAgent)),
  ];
}

/** @returns the driver's steps with the record before them */
export const withRecord = (
  { registration, driverSteps, server }: Candidate,
  memberUid: string,
  context: Context,
): readonly Step[] => [recordStep({ registration, steps: driverSteps, memberUid, server, context }), ...driverSteps];

/** Registrations that are recorded for this fleet but not in its file any more. */
const orphansOf = (
  hub: Hub,
  records: readonly FleetRecord[],
  declared: ReadonlySet<string>,
  options: SurveyOptions,
): readonly Registration[] =>
  records
    .filter(({ member, labels }) => !declared.has(`${hub.name}/${member}`) && options.selects({ name: member, labels }))
    .map((record) => registrationOf(record, hub));

const blockedPlan = (registration: Registration, reason: string, next: string | undefined): RegistrationPlan =>
  framed({ registration }, { is: 'blocked', reason, ...(next === undefined ? {} : { next }) });

/** @returns what is registered on a hub without a record and without a line in the file */
export function unmanagedOn({ hub, found, records }: HubView, fleet: Fleet): readonly Unmanaged[] {
  const known = new Set([
    ...records.map(({ name }) => name),
    ...fleet.registrations.filter((registration) => registration.hub.name === hub.name).map(nameOnHub),
  ]);
  return [...found.keys()]
    .filter((name) => !known.has(name))
    .toSorted()
    .map((name) => ({ hub: hub.name, name }));
}
