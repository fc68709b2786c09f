import { type DocNode, type Entry, type MapNode, child, mapAt, mapsAt, text } from './document.ts';
import type { Findings } from './findings.ts';
import { mergeMaps } from './merge.ts';
import { type Fillings, fill } from './templates.ts';

/** The fleet with defaults and groups merged and templates filled in, still as nodes that know where they were written. */
export interface Assembled {
  readonly root: DocNode;
  readonly groups: readonly AssembledGroup[];
  readonly hubs: readonly AssembledHub[];
  readonly members: readonly AssembledMember[];
  /** Every registration with its member. */
  readonly registrations: readonly { readonly member: AssembledMember; readonly registration: AssembledRegistration }[];
  /** Every registration's options, of those that have some. */
  readonly options: readonly { readonly member: AssembledMember; readonly options: MapNode }[];
}

interface AssembledGroup {
  readonly name: string;
  readonly node: MapNode;
  matched: number;
}

export interface AssembledHub {
  readonly name: string;
  readonly node: MapNode;
}

export interface AssembledMember {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** As it stands in the file. */
  readonly written: MapNode;
  /** With everything merged but the registrations. */
  readonly node: MapNode;
  readonly registrations: readonly AssembledRegistration[];
}

export interface AssembledRegistration {
  readonly hub: string;
  readonly node: MapNode;
}

/** Merges and fills in. Values of a wrong type are passed over: the schema has said so already. */
export function assemble(root: DocNode, variable: (name: string) => string | undefined, findings: Findings): Assembled {
  const groups = mapsAt(root, 'groups').map((node) => ({ name: text(node, 'name') ?? '', node, matched: 0 }));
  const hubs = mapsAt(root, 'hubs').map((node) => {
    const name = text(node, 'name') ?? '';
    const filled = fill(node, '', { name, variable }, (rule, finding) => findings.add(rule, finding));
    return { name, node: filled.kind === 'map' ? filled : node };
  });
  const defaults = mapAt(root, 'defaults');
  const members = mapsAt(root, 'members').map((written) =>
    assembleMember(written, defaults, groups, variable, findings),
  );
  const registrations = members.flatMap((member) =>
    member.registrations.map((registration) => ({ member, registration })),
  );
  const options = registrations.flatMap(({ member, registration }) => {
    const found = mapAt(registration.node, 'options');
    return found === undefined ? [] : [{ member, options: found }];
  });
  return { root, groups, hubs, members, registrations, options };
}

function assembleMember(
  written: MapNode,
  defaults: MapNode | undefined,
  groups: readonly AssembledGroup[],
  variable: Fillings['variable'],
  findings: Findings,
): AssembledMember {
  const name = text(written, 'name') ?? '';
  const own = labelsOf([defaults, written]);
  const matching = groups.filter((group) => matches(group.node, own));
  for (const group of matching) group.matched += 1;
  const layers = [defaults, ...matching.map((group) => group.node), written].filter((layer) => layer !== undefined);
  const labels = matching.length === 0 ? own : labelsOf(layers);
  const fillings = { name, labels, variable };
  const report = (rule: string, finding: Parameters<Findings['add']>[1]): void =>
    findings.add(rule, finding, { name, written });

  const base = layers.map(withoutRegistrations).reduce<MapNode | undefined>(mergeMaps, undefined) ?? written;
  const access = base.entries.get('access');
  const node =
    access === undefined
      ? base
      : withEntry(base, 'access', { ...access, node: fill(access.node, 'access', fillings, report) });

  const merged = layers
    .map((layer) => onlyRegistrations(layer, fillings, report))
    .filter((layer) => layer !== undefined)
    .reduce<MapNode | undefined>(mergeMaps, undefined);
  const registrations = mapsAt(merged, 'registrations').map((registration) => {
    const filled = fill(registration, '', fillings, report);
    return { hub: text(registration, 'hub') ?? '', node: filled.kind === 'map' ? filled : registration };
  });
  return { name, labels, written, node, registrations };
}

/** Labels of the layers, later ones winning; `null` unsets. */
function labelsOf(layers: readonly (MapNode | undefined)[]): Record<string, string> {
  const labels = new Map<string, string>();
  for (const layer of layers) {
    const written = child(layer, 'labels');
    if (written?.kind === 'scalar' && written.value === null) labels.clear();
    if (written?.kind !== 'map') continue;
    for (const [key, { node }] of written.entries) {
      if (node.kind !== 'scalar') continue;
      if (typeof node.value === 'string') labels.set(key, node.value);
      if (node.value === null) labels.delete(key);
    }
  }
  return Object.fromEntries(labels);
}

function matches(group: MapNode, labels: Readonly<Record<string, string>>): boolean {
  const match = mapAt(group, 'match');
  if (match === undefined || match.entries.size === 0) return false;
  return [...match.entries].every(
    ([key, { node }]) => node.kind === 'scalar' && Object.hasOwn(labels, key) && labels[key] === node.value,
  );
}

/** Keys of a layer that do not belong to the member it is laid on. */
const layerKeys = ['registrations', 'match'];

function withoutRegistrations(layer: MapNode): MapNode {
  const entries = new Map([...layer.entries].filter(([key]) => !layerKeys.includes(key)));
  return { ...layer, entries };
}

/** A layer's registrations with the names of their hubs filled in, so that they merge by them. */
function onlyRegistrations(
  layer: MapNode,
  fillings: Fillings,
  report: Parameters<typeof fill>[3],
): MapNode | undefined {
  const entry = layer.entries.get('registrations');
  if (entry === undefined) return undefined;
  if (entry.node.kind !== 'list') return { ...layer, entries: new Map([['registrations', entry]]) };
  const items = entry.node.items.flatMap((item) => withFilledHub(item, fillings, report) ?? []);
  reportDuplicates(items, report);
  return { ...layer, entries: new Map([['registrations', { ...entry, node: { ...entry.node, items } }]]) };
}

/** Entries of different layers merge by hub; two of one layer can only be a mistake. */
function reportDuplicates(items: readonly DocNode[], report: Parameters<typeof fill>[3]): void {
  const first = new Map<string, DocNode>();
  for (const item of items) {
    const hub = text(item, 'hub');
    const earlier = hub === undefined ? undefined : first.get(hub);
    if (earlier !== undefined) {
      report('duplicate-registration', {
        node: item,
        message: `a second registration with hub "${hub}"`,
        also: [{ label: 'first', node: earlier }],
      });
    } else if (hub !== undefined) first.set(hub, item);
  }
}

/** @returns undefined where the name cannot be known: it is reported, and nothing can be merged by it */
function withFilledHub(item: DocNode, fillings: Fillings, report: Parameters<typeof fill>[3]): DocNode | undefined {
  const hub = item.kind === 'map' ? item.entries.get('hub') : undefined;
  if (item.kind !== 'map' || hub === undefined) return item;
  let isKnown = true;
  const node = fill(hub.node, 'hub', fillings, (rule, finding) => {
    isKnown = false;
    report(rule, finding);
  });
  if (!isKnown) return undefined;
  return node === hub.node ? item : withEntry(item, 'hub', { ...hub, node });
}

function withEntry(map: MapNode, key: string, entry: Entry): MapNode {
  return { ...map, entries: new Map(map.entries).set(key, entry) };
}
