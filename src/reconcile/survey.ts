import type { Cluster } from '../model/cluster.ts';
import type { Hub, Registration } from '../model/fleet.ts';
import type { HubPlan, Plan, RegistrationPlan } from '../model/plan.ts';
import { type HubView, type Unobserved, unmanagedOn, unobservedHub, viewHub } from './hub-view.ts';
import { draftMembers } from './member-view.ts';
import { assemblePlan } from './plan.ts';
import { policies } from './policies.ts';
import type { SurveyOptions } from './scope.ts';
import type { Draft } from './subject.ts';

/** What was found, and what would be done about it. Hubs stay connected until `close`. */
export interface Survey {
  readonly plan: Plan;
  readonly drafts: readonly Draft[];
  readonly hubs: ReadonlyMap<string, Cluster>;
  /** The hubs' clock when they were read, RFC 3339; empty when none could be. */
  readonly at: string;
  readonly close: () => Promise<void>;
}

/** Observes hubs and members of the selection, reading only, and plans. */
export async function survey(options: SurveyOptions): Promise<Survey> {
  const { fleet } = options;
  const selected = fleet.registrations.filter(
    ({ member, hub }) => options.selects(member) && (options.hubs?.includes(hub.name) ?? true),
  );
  const targetHubs = options.targeted && selected.length > 0 ? new Set(selected.map(({ hub }) => hub.name)) : undefined;
  const hubs = fleet.hubs.filter(({ name }) => options.hubs?.includes(name) ?? targetHubs?.has(name) ?? true);
  const opened = hubs.map((hub) => ({ hub, cluster: options.open(hub.access) }));
  const of = ({ name }: Hub): readonly Registration[] => selected.filter(({ hub }) => hub.name === name);
  const views = toldApart(
    await Promise.all(opened.map(({ hub, cluster }) => viewHub(hub, cluster, of(hub), options))),
    of,
  );
  const observed = views.filter((view): view is HubView => !('reason' in view));
  const judged = judgedBy(observed, await draftMembers(observed, options), options);
  const order = new Map(fleet.registrations.map(({ id }, index) => [id, index]));
  const rank = ({ id }: RegistrationPlan): number => order.get(id) ?? order.size;
  const registrations = [
    ...judged.map(({ plan }) => plan),
    ...views.flatMap((view) => ('reason' in view ? view.registrations : view.blocked)),
  ].toSorted((a, b) => rank(a) - rank(b) || a.id.localeCompare(b.id));
  return {
    plan: assemblePlan({
      fleet: fleet.name,
      members: fleet.members.length,
      hubs: views.map(hubPlan),
      registrations,
      unmanaged: options.targeted ? [] : observed.flatMap((view) => unmanagedOn(view, fleet)),
    }),
    drafts: judged,
    hubs: new Map(opened.map(({ hub, cluster }) => [hub.name, cluster])),
    at:
      observed
        .map(({ at }) => at)
        .toSorted()
        .at(-1) ?? '',
    close: async () => {
      await Promise.all(opened.map(({ cluster }) => cluster.close()));
    },
  };
}

/** One cluster under two hub names: to each of them, what is declared for the other would be an orphan. */
function toldApart(
  views: readonly (HubView | Unobserved)[],
  of: (hub: Hub) => readonly Registration[],
): readonly (HubView | Unobserved)[] {
  const namesByUid = new Map<string, string[]>();
  const uidOf = (view: HubView | Unobserved): string | undefined => ('reason' in view ? undefined : view.uid);
  for (const view of views) {
    const uid = uidOf(view);
    if (uid !== undefined) namesByUid.set(uid, [...(namesByUid.get(uid) ?? []), view.hub.name]);
  }
  return views.map((view) => {
    const uid = uidOf(view);
    const names = uid === undefined ? [] : (namesByUid.get(uid) ?? []);
    if (uid === undefined || names.length < 2) return view;
    return unobservedHub(
      view.hub,
      of(view.hub),
      `one cluster under two hub names: ${names.toSorted().join(' and ')} (kube-system ${uid})`,
      'check the contexts of the hubs; keep one of the names',
    );
  });
}

function judgedBy(views: readonly HubView[], drafts: readonly Draft[], options: SurveyOptions): readonly Draft[] {
  const read = new Set(views.map(({ hub }) => hub.name));
  const context = {
    fleet: options.fleet.name,
    records: new Map(
      views.map(({ hub, records }) => [
        hub.name,
        {
          byName: new Map(records.map((record) => [record.name, record])),
          ownByMember: new Map(
            records.filter(({ fleet }) => fleet === options.fleet.name).map((record) => [record.member, record]),
          ),
        },
      ]),
    ),
    broken: new Map(views.map(({ hub, broken }) => [hub.name, new Map(broken.map((entry) => [entry.name, entry]))])),
    hubServers: new Map(
      views.flatMap(({ candidates }) => candidates.map(({ registration, server }) => [registration.id, server])),
    ),
    unread: new Map(
      options.fleet.registrations
        .filter(({ hub, state }) => state === 'present' && !read.has(hub.name))
        .map(({ hub, member }) => [member.name, hub.name]),
    ),
    prune: options.prune,
    ...(options.only === undefined ? {} : { only: options.only }),
  };
  return policies.reduce<readonly Draft[]>((list, policy) => policy(list, context), drafts);
}

const hubPlan = (view: HubView | Unobserved): HubPlan =>
  'reason' in view
    ? {
        name: view.hub.name,
        observed: false,
        reason: view.reason,
        ...(view.next === undefined ? {} : { next: view.next }),
      }
    : { name: view.hub.name, observed: true };
