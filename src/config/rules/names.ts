import { type DocNode, type MapNode, mapAt, mapsAt } from '../document.ts';
import { didYouMean, list } from '../words.ts';
import { type Rule, type Say, textAt } from './rule.ts';

/** Says every name that an earlier one of the list has already. */
function sayDuplicates(what: string, nodes: readonly MapNode[], key: string, say: Say): void {
  const first = new Map<string, MapNode>();
  for (const node of nodes) {
    const name = textAt(node, key);
    if (name === undefined) continue;
    const earlier = first.get(name.value);
    if (earlier === undefined) first.set(name.value, node);
    else
      say({
        node: placeApart(name.node, node, earlier, key),
        message: `a second ${what} is called "${name.value}"`,
        also: [{ label: 'first', node: textAt(earlier, key)?.node ?? earlier }],
      });
  }
}

/** Two entries that are aliases of one anchor share the place of their names: then the entry itself is meant. */
function placeApart(name: DocNode, entry: MapNode, earlier: MapNode, key: string): DocNode {
  return textAt(earlier, key)?.node.at === name.at ? entry : name;
}

export const duplicateHub: Rule = (fleet, say) =>
  sayDuplicates(
    'hub',
    fleet.hubs.map((hub) => hub.node),
    'name',
    say,
  );

export const duplicateMember: Rule = (fleet, say) =>
  sayDuplicates(
    'member',
    fleet.members.map((member) => member.written),
    'name',
    say,
  );

export const duplicateGroup: Rule = (fleet, say) =>
  sayDuplicates(
    'group',
    fleet.groups.map((group) => group.node),
    'name',
    say,
  );

/** Feature gates merge by name between layers; twice in one list, one of them would be lost without a word. */
export const duplicateFeatureGate: Rule = (fleet, say) => {
  const layers = [
    mapAt(fleet.root, 'defaults'),
    ...fleet.groups.map((group) => group.node),
    ...fleet.members.map((member) => member.written),
  ];
  for (const registration of layers.flatMap((layer) => mapsAt(layer, 'registrations'))) {
    for (const part of ['registrationConfiguration', 'workConfiguration']) {
      sayDuplicates(
        'feature gate',
        mapsAt(mapAt(mapAt(registration, 'options'), part), 'featureGates'),
        'feature',
        say,
      );
    }
  }
};

export const unknownHub: Rule = (fleet, say) => {
  const names = fleet.hubs.map((hub) => hub.name);
  const known = new Set(names);
  for (const { member, registration } of fleet.registrations) {
    const hub = textAt(registration.node, 'hub');
    if (hub === undefined || known.has(hub.value)) continue;
    const suggestion = didYouMean(hub.value, names) ?? `known here: ${list(names)}`;
    say({ node: hub.node, message: `no hub is called "${hub.value}"`, suggestion }, member);
  }
};

const reserved: Readonly<Record<string, string>> = {
  name: 'the label "name" stands for the name of the member in selectors; choose another key',
  'cluster.open-cluster-management.io/clusterset':
    'the cluster set is no label of the member; write options: { clusterSet: … }',
};

export const reservedLabel: Rule = (fleet, say) => {
  const layers = [
    mapAt(fleet.root, 'defaults'),
    ...fleet.groups.map((group) => group.node),
    ...fleet.members.map((member) => member.written),
  ];
  for (const layer of layers) {
    const labels = mapAt(layer, 'labels');
    for (const [key, message] of Object.entries(reserved)) {
      if (labels?.entries.has(key)) say({ node: labels, key, message });
    }
  }
};
