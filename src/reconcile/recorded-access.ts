import type { Access, Fleet } from '../model/fleet.ts';
import { isRecord } from './path.ts';

/**
 * A record lies on the hub, where others may write: what it says of reaching a member must not choose which file of this
 * machine is sent to which server, nor start a program. So it counts only as far as the fleet file says the same elsewhere.
 * @returns the access, or why a recorded one is not used
 */
export function trustedAccess(recorded: Access, fleet: Fleet): Access | { readonly distrusted: string } {
  const named = [...fleet.hubs, ...fleet.members].map(({ access }) => access);
  if (recorded.via === 'kubeconfig') {
    const { kubeconfig, context } = recorded;
    const same = named.find((access) => access.via === 'kubeconfig' && access.kubeconfig === kubeconfig);
    if (same?.via === 'kubeconfig') return { ...same, context };
    if (kubeconfig === undefined) return { via: 'kubeconfig', context, insideFleetFolder: true };
    return { distrusted: `its recorded kubeconfig ${kubeconfig} is named nowhere in the fleet file` };
  }
  if (recorded.via === 'in-cluster') {
    return named.some(({ via }) => via === 'in-cluster')
      ? recorded
      : { distrusted: 'its record says inCluster, the fleet file nowhere does' };
  }
  const same = named.some(
    (access) => access.via === 'server' && access.server === recorded.server && access.tokenFile === recorded.tokenFile,
  );
  return same ? recorded : { distrusted: `its recorded server ${recorded.server} is named nowhere in the fleet file` };
}

/** Whether a value read from a record has the shape of an access. */
export function isAccess(value: unknown): value is Access {
  if (!isRecord(value)) return false;
  const text = (key: string): boolean => typeof value[key] === 'string';
  const optional = (key: string): boolean => value[key] === undefined || text(key);
  if (value['via'] === 'kubeconfig') return text('context') && optional('kubeconfig');
  if (value['via'] === 'server') return text('server') && text('tokenFile') && optional('caFile');
  return value['via'] === 'in-cluster';
}
