import { child, mapAt, mapsAt, text } from '../document.ts';
import { optionsUnknownTo } from '../schema-tree.ts';
import type { AssembledMember, AssembledRegistration } from '../assemble.ts';
import { type Rule, textAt } from './rule.ts';

export const missingMode: Rule = (fleet, say) => {
  for (const { member, registration } of fleet.registrations) {
    if (registration.node.entries.has('mode')) continue;
    say(
      {
        node: registration.node,
        message: 'the registration has no mode; write one here, in a group or in the defaults',
      },
      member,
    );
  }
};

/** The schema says this where mode and option stand together; here they meet from several places. */
export const optionOfOtherMode: Rule = (fleet, say) => {
  for (const { member, registration } of fleet.registrations) {
    const mode = textAt(registration.node, 'mode');
    const options = mapAt(registration.node, 'options');
    if (mode === undefined || options === undefined) continue;
    for (const key of optionsUnknownTo(mode.value)) {
      const entry = options.entries.get(key);
      if (entry === undefined) continue;
      // The merged map stands where the last layer's does; the option stands under its own parent.
      const written = entry.node.parent?.kind === 'map' ? entry.node.parent : options;
      say(
        {
          node: written,
          key,
          message: `"${key}" is no option of ${mode.value}`,
          also: [{ label: 'mode', node: mode.node }],
        },
        member,
      );
    }
  }
};

/** One line in the defaults must not be able to unjoin a fleet. */
export const absentOutsideMember: Rule = (fleet, say) => {
  for (const layer of [mapAt(fleet.root, 'defaults'), ...fleet.groups.map((group) => group.node)]) {
    for (const registration of mapsAt(layer, 'registrations')) {
      const state = textAt(registration, 'state');
      if (state?.value === 'absent')
        say({ node: state.node, message: 'state: absent may only stand at a member, never in defaults or groups' });
    }
  }
};

export const nameTakenOnHub: Rule = (fleet, say) => {
  const taken = new Map<string, { member: AssembledMember; registration: AssembledRegistration }>();
  for (const { member, registration } of fleet.registrations) {
    const name = textAt(mapAt(registration.node, 'options'), 'clusterName');
    const id = `${registration.hub}/${name?.value ?? member.name}`;
    const first = taken.get(id);
    if (first === undefined) taken.set(id, { member, registration });
    else if (first.member.name !== member.name) {
      const also = [{ label: `member ${first.member.name}`, node: first.member.written }];
      const message = `"${name?.value ?? member.name}" is the name of two members on hub ${registration.hub}: ${first.member.name} and ${member.name}`;
      say({ node: name?.node ?? member.written, message, also }, member);
    }
  }
};

const pinned = [
  { key: 'klusterletName', fallback: 'klusterlet' },
  { key: 'klusterletNamespace', fallback: 'open-cluster-management-agent' },
];

/** Agents for several hubs live side by side on a member only under names of their own. */
export const sharedKlusterlet: Rule = (fleet, say) => {
  for (const member of fleet.members) {
    const present = member.registrations.filter((registration) => text(registration.node, 'state') !== 'absent');
    for (const { key, fallback } of pinned) {
      const taken = new Map<string, AssembledRegistration>();
      for (const registration of present) {
        const written = child(mapAt(registration.node, 'options'), key);
        const value = written?.kind === 'scalar' ? String(written.value) : fallback;
        const first = taken.get(value);
        if (first === undefined) taken.set(value, registration);
        else if (first.hub !== registration.hub) {
          const message = `hubs ${first.hub} and ${registration.hub} would share one agent on the member (${key} ${value}); give each its own ${key}`;
          say(
            { node: written ?? registration.node, message, also: [{ label: `hub ${first.hub}`, node: first.node }] },
            member,
          );
        }
      }
    }
  }
};
