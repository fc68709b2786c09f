import type { AccessQuestion, Cluster, ResourceType } from '../../model/cluster.ts';
import type { Readings, Ref, SiteName } from '../../model/readings.ts';
import type { Assessment, Step } from '../../model/step.ts';

/** The clusters of one registration, by site. */
export type Sites = Readonly<Record<SiteName, Cluster>>;

/** What every write carries. */
export interface Context {
  readonly fleet: string;
  readonly version: string;
}

/** One per step kind. All but `perform` is pure. */
export interface StepHandler<S extends Step> {
  /** What must be read to judge the step, `unless` and `until` apart. */
  refs(step: S): readonly Ref[];
  assess(step: S, live: Readings): Assessment;
  /**
   * The only write. Idempotent; returns nothing: the result is what is observed afterwards.
   * @throws ClusterError
   */
  perform(step: S, live: Readings, sites: Sites, context: Context): Promise<void>;
  /** The objects that exist because of the step: what the record lists and an unjoin removes. */
  owned(step: S): readonly Extract<Ref, { read: 'object' }>[];
  /** The rights that `perform` needs, by site. */
  rights(step: S): readonly { readonly site: SiteName; readonly question: AccessQuestion }[];
}

/**
 * @returns the question behind a verb on an object. On a member it is about that name, because roles there may be limited to it
 * (Secrets); on a hub about any name, so that it is asked once for all registrations.
 */
export const right = (
  site: SiteName,
  verb: string,
  key: { readonly type: ResourceType; readonly namespace?: string; readonly name?: string },
  subresource?: string,
) => {
  const [group, version] = key.type.apiVersion.split('/');
  return {
    site,
    question: {
      verb,
      group: version === undefined ? '' : (group ?? ''),
      resource: key.type.resource,
      ...(subresource === undefined ? {} : { subresource }),
      ...(key.namespace === undefined ? {} : { namespace: key.namespace }),
      // A create cannot be limited by name.
      ...(site !== 'member' || verb === 'create' || key.name === undefined ? {} : { name: key.name }),
    },
  };
};
