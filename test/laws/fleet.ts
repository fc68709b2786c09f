import type { Access, Endpoint, Fleet, Mode, OcmOptions, Registration } from '../../src/model/fleet.ts';

const source = { file: 'fleet.yaml', line: 1, column: 1 };
export const access = (context: string): Access => ({ via: 'kubeconfig', context, insideFleetFolder: false });

/** One registration as a test declares it. */
export interface Declared {
  readonly name: string;
  readonly mode?: Mode;
  readonly labels?: Readonly<Record<string, string>>;
  readonly options?: OcmOptions;
  /** Default: the name. */
  readonly context?: string;
  readonly state?: 'present' | 'absent';
  readonly works?: 'refuse' | 'drain';
  readonly adopt?: boolean;
  /** Default: `hub`. */
  readonly hub?: string;
}

/** @returns a fleet with the hubs that are named, or `hub`, and these members */
export function fleetOf(
  members: readonly Declared[],
  more: { readonly name?: string; readonly endpoint?: Endpoint } = {},
): Fleet {
  const names = members.length === 0 ? ['hub'] : members.map(({ hub = 'hub' }) => hub);
  const hubs = [...new Set(names)].map((name) => ({
    name,
    type: 'ocm' as const,
    access: access(name),
    ...(more.endpoint === undefined ? {} : { endpoint: more.endpoint }),
    source,
  }));
  const registrations = members.flatMap((declared): Registration[] => {
    const hub = hubs.find(({ name }) => name === (declared.hub ?? 'hub'));
    if (hub === undefined) return [];
    return [
      {
        id: `${hub.name}/${declared.name}`,
        hub,
        member: {
          name: declared.name,
          labels: declared.labels ?? {},
          access: access(declared.context ?? declared.name),
          source,
        },
        mode: declared.mode ?? 'ocm-default',
        state: declared.state ?? 'present',
        works: declared.works ?? 'refuse',
        adopt: declared.adopt ?? false,
        options: declared.options ?? {},
        source,
      },
    ];
  });
  const byName = new Map(registrations.map(({ member }) => [member.name, member]));
  return { name: more.name ?? 'acme', hubs, members: [...byName.values()], registrations };
}
