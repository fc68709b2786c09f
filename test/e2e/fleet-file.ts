import type { Ground, Site } from './ground.ts';

/** What a test says of one member; the rest is the least that a file needs. */
export interface Declared {
  readonly site: Site;
  readonly name?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly mode?: 'ocm-default' | 'ocm-singleton';
  /** Keys of the registration: `state`, `works`, `adopt`, `options`. */
  readonly registration?: Readonly<Record<string, unknown>>;
}

/** The fleet of this suite: its hub and these members. */
export const fleetFile = ({ hub }: Ground, members: readonly Declared[]): object => ({
  apiVersion: 'rollcall.dev/v1alpha1',
  kind: 'Fleet',
  name: 'rollcall-e2e',
  hubs: [{ name: 'hub', type: 'ocm', access: { context: hub.context } }],
  members: members.map(({ site, name = site.name, labels = {}, mode = 'ocm-default', registration = {} }) => ({
    name,
    labels,
    access: { context: site.context },
    registrations: [{ hub: 'hub', mode, ...registration }],
  })),
});
