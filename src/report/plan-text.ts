import type { HubPlan, Plan, Unmanaged } from '../model/plan.ts';
import { hang, type Line, render } from './layout.ts';
import { belowLines, type Entry, entryOf, restartsOf } from './plan-entry.ts';
import { sectionLines } from './plan-fold.ts';
import type { Style, Tone } from './style.ts';
import { grouped } from './template.ts';
import { counted, someNames } from './words.ts';

interface PlanTextOptions {
  readonly style: Style;
  /** Version of the program, for the heading. */
  readonly version: string;
  /** Also what is in sync, and every entry by itself. */
  readonly all?: boolean;
}

const is = (entry: Entry, what: string): boolean =>
  entry.plan.verdict.is === 'change' ? entry.plan.verdict.action === what : entry.plan.verdict.is === what;

/** `1 join, 2 repair | 2 blocked, 391 in sync`; what is zero is left out. */
function counts(entries: readonly Entry[]): string {
  const side = (kinds: readonly string[]): string =>
    kinds
      .map((kind) => [entries.filter((entry) => is(entry, kind)).length, kind.replace('-', ' ')] as const)
      .filter(([count]) => count > 0)
      .map(([count, kind]) => `${count} ${kind}`)
      .join(', ');
  return [side(['join', 'repair', 'adopt', 'unjoin']), side(['blocked', 'refused', 'unhealthy', 'in-sync'])]
    .filter(Boolean)
    .join(' | ');
}

function heading(plan: Plan, version: string): Line {
  const size = `${counted(plan.hubs.length, 'hub')}, ${counted(plan.members, 'member')}`;
  return { lead: plan.fleet, tone: 'heading', text: `  ${size}  rollcall ${version}  plan ${plan.hash.slice(0, 8)}` };
}

function unobserved(hubs: readonly HubPlan[], style: Style): Line[] {
  const dark = hubs.filter((hub) => !hub.observed);
  if (dark.length === 0) return [];
  return [
    { lead: `HUBS NOT OBSERVED ${dark.length}`, tone: 'danger', text: '  nothing is changed there' },
    ...dark.flatMap((hub) => [
      ...hang(`! ${hub.name}   `, hub.reason ?? 'no reason given', style, { tone: 'danger' }),
      ...(hub.next === undefined ? [] : belowLines(4, `next: ${hub.next}`, style)),
    ]),
  ];
}

function unmanagedLines(unmanaged: readonly Unmanaged[], style: Style, all: boolean): Line[] {
  return grouped(unmanaged, (found) => found.hub).flatMap((group) => {
    const names = group.map((found) => found.name);
    const text = `on ${group[0].hub}, not in the file: ${all ? names.join(', ') : someNames(names)}`;
    return hang(`UNMANAGED ${group.length} `, text, style, { tone: 'faint', flat: true });
  });
}

function section(title: string, tone: Tone, entries: readonly Entry[], style: Style, fold: boolean): Line[] {
  if (entries.length === 0) return [];
  return [{ lead: title, tone, text: '' }, ...sectionLines(entries, style, fold)];
}

/** The whole verdict in one line where there is nothing to change and nothing wrong. */
const nothing = (entries: readonly Entry[]): string =>
  entries.length === 0
    ? 'nothing to do: no registration is selected'
    : `nothing to do: ${entries.length === 1 ? 'the one registration is' : `all ${entries.length} registrations are`} in sync`;

/**
 * The plan as people read it: counts first, then sections by danger, deviations only unless `all`. What removes, restarts or
 * is refused is never folded. Equal plans give equal bytes.
 */
export function planText(plan: Plan, { style, version, all = false }: PlanTextOptions): string {
  const entries = plan.registrations.map(entryOf);
  const of = (kind: string): Entry[] => entries.filter((entry) => is(entry, kind));
  const asked = entries.filter((entry) => entry.plan.held === undefined);
  const removals = asked.filter((entry) => is(entry, 'unjoin'));
  const changes = asked.filter((entry) => entry.plan.verdict.is === 'change' && !is(entry, 'unjoin'));
  const held = entries.filter((entry) => entry.plan.held !== undefined);
  const restarting = changes.filter((entry) => restartsOf(entry.plan).length > 0);
  const quiet = changes.filter((entry) => restartsOf(entry.plan).length === 0);
  const inSync = of('in-sync');
  const isEmpty = inSync.length === entries.length && plan.hubs.every((hub) => hub.observed);
  const [refused, blocked, unhealthy] = [of('refused'), of('blocked'), of('unhealthy')];
  const removes = `REMOVES ${removals.length} (needs --allow-removals ${removals.length})`;
  return render(
    [
      heading(plan, version),
      ...hang('', isEmpty ? nothing(entries) : counts(entries) || 'nothing is known', style),
      ...(isEmpty && !all && plan.unmanaged.length === 0 && inSync.every((entry) => entry.below.length === 0)
        ? []
        : [{ text: '' }]),
      ...section(removes, 'danger', removals, style, false),
      ...section(`RESTARTS ${restarting.length}`, 'warning', restarting, style, false),
      ...section('CHANGES', 'heading', quiet, style, !all),
      ...section(`NOT IN THIS RUN ${held.length}`, 'heading', held, style, !all),
      ...unobserved(plan.hubs, style),
      ...section(`REFUSED ${refused.length}`, 'danger', refused, style, false),
      ...section(`BLOCKED ${blocked.length}`, 'warning', blocked, style, !all),
      ...section(`UNHEALTHY ${unhealthy.length}`, 'warning', unhealthy, style, !all),
      ...(all
        ? section(`IN SYNC ${inSync.length}`, 'heading', inSync, style, false)
        : section(
            'IN SYNC, WITH NOTES',
            'heading',
            inSync.filter((entry) => entry.below.length > 0),
            style,
            true,
          )),
      ...unmanagedLines(plan.unmanaged, style, all),
    ],
    style,
  );
}
