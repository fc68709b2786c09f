import pLimit from 'p-limit';
import type { Cluster } from '../model/cluster.ts';
import type { Driver, FoundRegistration } from '../model/driver.ts';
import { ClusterError } from '../model/errors.ts';
import type { Access, Fleet, Hub, Mode, Registration } from '../model/fleet.ts';
import { nameOnHub } from '../model/fleet.ts';
import type { Action, HubPlan, Plan, RegistrationPlan, Unmanaged } from '../model/plan.ts';
import type { Readings, Ref } from '../model/readings.ts';
import { refsOfSteps } from './assess.ts';
import { type Draft, draft, type Subject } from './draft.ts';
import { endpointOf, refsOfEndpoint } from './endpoint.ts';
import { joined, observe, observeInBulk } from './observe.ts';
import { assemblePlan } from './plan.ts';
import { orphanReason, policies } from './policies.ts';
import {
  type BrokenRecord,
  type FleetRecord,
  kubeSystemRef,
  readRecords,
  recordStep,
  registrationOf,
} from './record.ts';
import { refsOfRemoval } from './removal.ts';
import { missingRights } from './rights.ts';
import { refsOfCondition } from './steps/condition.ts';
import type { Context } from './steps/handler.ts';

/** What one run looks at. */
export interface SurveyOptions {
  readonly fleet: Fleet;
  readonly drivers: Readonly<Record<Mode, Driver>>;
  /** Never throws: what cannot be reached answers every call with a ClusterError. */
  readonly open: (access: Access) => Cluster;
  readonly fingerprints: (pem: string) => readonly string[];
  readonly context: Context;
  readonly concurrency: number;
  readonly selects: (member: { readonly name: string; readonly labels: Readonly<Record<string, string>> }) => boolean;
  /** Left out: all hubs. */
  readonly hubs?: readonly string[];
  /** A selection is in force: nothing outside it is shown or planned. */
  readonly targeted: boolean;
  readonly prune: boolean;
  readonly only?: readonly Action[];
  readonly forget: readonly string[];
  readonly rebuilt: readonly string[];
}

/** What was found, and what would be done about it. Hubs stay connected until `close`. */
export interface Survey {
  readonly plan: Plan;
  readonly drafts: readonly Draft[];
  readonly hubs: ReadonlyMap<string, Cluster>;
  /** The hubs' clock when they were read, RFC 3339; empty when none could be. */
  readonly at: string;
  readonly close: () => Promise<void>;
}

interface HubView {
  readonly hub: Hub;
  readonly cluster: Cluster;
  readonly records: readonly FleetRecord[];
  readonly broken: readonly BrokenRecord[];
  readonly found: ReadonlyMap<string, FoundRegistration>;
  readonly subjects: readonly Candidate[];
  readonly live: Readings;
  readonly at: string;
}

/** A subject before its member was read. */
interface Candidate extends Omit<Subject, 'live' | 'steps' | 'memberUid' | 'memberServer'> {
  readonly driverSteps: Subject['steps'];
  readonly server: string;
}

/** Observes hubs and members of the selection, reading only, and plans. */
export async function survey(options: SurveyOptions): Promise<Survey> {
  const { fleet } = options;
  const selected = fleet.registrations.filter(
    ({ member, hub }) => options.selects(member) && (options.hubs?.includes(hub.name) ?? true),
  );
  const targetHubs = options.targeted && selected.length > 0 ? new Set(selected.map(({ hub }) => hub.name)) : undefined;
  const hubs = fleet.hubs.filter(({ name }) => options.hubs?.includes(name) ?? targetHubs?.has(name) ?? true);
  const clusters = new Map(hubs.map((hub) => [hub.name, options.open(hub.access)]));
  const views = await Promise.all(
    hubs.map((hub) =>
      viewHub(
        hub,
        clusters.get(hub.name),
        selected.filter((item) => item.hub.name === hub.name),
        options,
      ),
    ),
  );
  const observed = views.filter((view): view is HubView => !('reason' in view));
  const blocked = views.flatMap((view) => ('reason' in view ? view.registrations : []));
  const drafts = await draftAll(observed, options);

  const context = {
    fleet: fleet.name,
    records: new Map(observed.map(({ hub, records }) => [hub.name, records])),
    broken: new Map(observed.map(({ hub, broken }) => [hub.name, broken])),
    hubServers: new Map(
      observed.flatMap(({ subjects }) => subjects.map(({ registration, server }) => [registration.id, server])),
    ),
    prune: options.prune,
    ...(options.only === undefined ? {} : { only: options.only }),
  };
  const judged = policies.reduce<readonly Draft[]>((list, policy) => policy(list, context), drafts);
  const order = new Map(fleet.registrations.map(({ id }, index) => [id, index]));
  const rank = ({ id }: RegistrationPlan): number => order.get(id) ?? Number.POSITIVE_INFINITY;
  const registrations = [...judged.map(({ plan }) => plan), ...blocked].toSorted((a, b) =>
    rank(a) === rank(b) ? a.id.localeCompare(b.id) : rank(a) - rank(b),
  );
  const hubPlans: HubPlan[] = views.map((view) =>
    'reason' in view
      ? {
          name: view.hub.name,
          observed: false,
          reason: view.reason,
          ...(view.next === undefined ? {} : { next: view.next }),
        }
      : { name: view.hub.name, observed: true },
  );
  const plan = assemblePlan({
    fleet: fleet.name,
    members: fleet.members.length,
    hubs: hubPlans,
    registrations,
    unmanaged: options.targeted ? [] : observed.flatMap((view) => unmanagedOn(view, fleet)),
  });
  const close = async (): Promise<void> => {
    await Promise.all([...clusters.values()].map((cluster) => cluster.close()));
  };
  const at =
    observed
      .map((view) => view.at)
      .toSorted()
      .at(-1) ?? '';
  return { plan, drafts: judged, hubs: clusters, at, close };
}

interface Unobserved {
  readonly hub: Hub;
  readonly reason: string;
  readonly next?: string;
  readonly registrations: readonly RegistrationPlan[];
}

async function viewHub(
  hub: Hub,
  cluster: Cluster | undefined,
  selected: readonly Registration[],
  options: SurveyOptions,
): Promise<HubView | Unobserved> {
  const unobserved = (reason: string, next?: string): Unobserved => ({
    hub,
    reason,
    ...(next === undefined ? {} : { next }),
    registrations: selected.map((registration) => blockedPlan(registration, `hub ${hub.name}: ${reason}`, next)),
  });
  if (cluster === undefined) return unobserved('it is not connected');
  try {
    const { records, broken, at } = await readRecords(cluster);
    const drivers = Object.values(options.drivers).filter(({ hubType }) => hubType === hub.type);
    const facts = await observeInBulk(cluster, [
      ...drivers.flatMap((driver) => driver.hubReads(hub)),
      ...refsOfEndpoint(hub, selected),
    ]);
    const found = new Map<string, FoundRegistration>();
    for (const driver of drivers) {
      const discovered = driver.discover(hub, facts);
      if ('unreadable' in discovered) return unobserved(discovered.unreadable);
      for (const entry of discovered) found.set(entry.name, entry);
    }
    const registrations = [...selected, ...orphansOf(hub, records, options)];
    const subjects: Candidate[] = [];
    for (const registration of registrations) {
      const endpoint = endpointOf(registration, cluster.endpoint, facts, options.fingerprints);
      if ('problem' in endpoint) return unobserved(endpoint.problem, endpoint.next);
      const driver = options.drivers[registration.mode];
      const record = records.find(
        ({ name, fleet }) => name === nameOnHub(registration) && fleet === options.fleet.name,
      );
      const entry = found.get(nameOnHub(registration));
      const inFile = options.fleet.registrations.includes(registration);
      subjects.push({
        registration,
        driver,
        server: endpoint.server,
        driverSteps: driver.steps(registration, endpoint),
        ...(record === undefined ? {} : { record }),
        ...(entry === undefined ? {} : { found: entry }),
        ...(inFile ? (registration.state === 'absent' ? { why: 'state: absent' } : {}) : { why: orphanReason }),
        ...(options.forget.includes(registration.member.name) ? { forget: true as const } : {}),
        ...(options.rebuilt.includes(registration.member.name) ? { rebuilt: true as const } : {}),
      });
    }
    const live = await observeInBulk(
      cluster,
      subjects.flatMap((subject) => refsOf(subject)).filter(({ site }) => site === 'hub'),
    );
    return { hub, cluster, records, broken, found, subjects, live, at };
  } catch (error) {
    if (error instanceof ClusterError) return unobserved(error.message, error.next);
    throw error;
  }
}

function refsOf({ registration, driver, driverSteps, record, found }: Candidate): readonly Ref[] {
  const signs = driver.signs(registration);
  const steps = recordFirst(registration, driverSteps, '', { fleet: '', version: '' });
  if (registration.state === 'present') return [...refsOfSteps(steps), ...refsOfCondition(signs.agentAlive)];
  if (record === undefined && found === undefined) return [];
  const { works, addons } = driver.consequences(registration);
  return [
    ...refsOfRemoval(steps).filter(({ read }) => read !== 'contents'),
    works,
    addons,
    ...refsOfCondition(signs.heartbeat),
  ];
}

const recordFirst = (
  registration: Registration,
  steps: Subject['steps'],
  uid: string,
  context: Context,
): Subject['steps'] => [recordStep(registration, steps, uid, context), ...steps];

/** Registrations that are recorded for this fleet but not in its file any more. */
function orphansOf(hub: Hub, records: readonly FleetRecord[], options: SurveyOptions): readonly Registration[] {
  const declared = new Set(options.fleet.registrations.map(({ id }) => id));
  return records
    .filter(
      ({ fleet, member, labels }) =>
        fleet === options.fleet.name &&
        !declared.has(`${hub.name}/${member}`) &&
        options.selects({ name: member, labels }),
    )
    .map((record) => registrationOf(record, hub));
}

/** Each member is contacted once, whatever the number of hubs it registers with. */
async function draftAll(views: readonly HubView[], options: SurveyOptions): Promise<readonly Draft[]> {
  const byAccess = new Map<string, { access: Access; entries: { candidate: Candidate; view: HubView }[] }>();
  for (const view of views) {
    for (const candidate of view.subjects) {
      const { access } = candidate.registration.member;
      const key = JSON.stringify(access);
      const group = byAccess.get(key) ?? { access, entries: [] };
      group.entries.push({ candidate, view });
      byAccess.set(key, group);
    }
  }
  const limit = pLimit(options.concurrency);
  const drafts = await Promise.all(
    [...byAccess.values()].map(({ access, entries }) => limit(() => draftMember(access, entries, options))),
  );
  return drafts.flat();
}

async function draftMember(
  access: Access,
  entries: readonly { candidate: Candidate; view: HubView }[],
  options: SurveyOptions,
): Promise<readonly Draft[]> {
  const refs = entries
    .flatMap(({ candidate }) => (candidate.forget === true ? [] : refsOf(candidate)))
    .filter(({ site }) => site === 'member');
  const member = options.open(access);
  try {
    const live = await observe({ member }, refs.length === 0 ? [] : [kubeSystemRef, ...refs]);
    const system = live.get(kubeSystemRef);
    const uid = system.is === 'found' ? system.object.metadata.uid : undefined;
    return await Promise.all(
      entries.map(async ({ candidate, view }) => {
        const { driverSteps, server: _server, ...rest } = candidate;
        const pinned = (rest.rebuilt === true ? uid : rest.record?.memberUid) ?? uid ?? '';
        const entry = draft({
          ...rest,
          steps: recordFirst(rest.registration, driverSteps, pinned, options.context),
          live: joined([
            { site: 'hub', live: view.live },
            { site: 'member', live },
          ]),
          ...(uid === undefined ? {} : { memberUid: uid }),
          ...(refs.length === 0 ? {} : { memberServer: member.endpoint }),
        });
        return missingRights(entry, { hub: view.cluster, member });
      }),
    );
  } finally {
    await member.close();
  }
}

const blockedPlan = (registration: Registration, reason: string, next: string | undefined): RegistrationPlan => ({
  id: registration.id,
  hub: registration.hub.name,
  member: registration.member.name,
  nameOnHub: nameOnHub(registration),
  mode: registration.mode,
  source: registration.source,
  verdict: { is: 'blocked', reason, ...(next === undefined ? {} : { next }) },
  steps: [],
  notes: [],
});

function unmanagedOn({ hub, found, records }: HubView, fleet: Fleet): readonly Unmanaged[] {
  const known = new Set([
    ...records.map(({ name }) => name),
    ...fleet.registrations.filter((registration) => registration.hub.name === hub.name).map(nameOnHub),
  ]);
  return [...found.keys()]
    .filter((name) => !known.has(name))
    .toSorted()
    .map((name) => ({ hub: hub.name, name }));
}
