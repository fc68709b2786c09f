import type { KubeObject } from '../../model/cluster.ts';
import type { Core, Writer } from './core.ts';
import type { ServedType } from './resources.ts';
import { ApiError } from './status.ts';
import type { AdmissionReview } from './types.ts';

type Asked = Pick<AdmissionReview, 'operation' | 'old' | 'subresource'> & { readonly new: KubeObject };

/**
 * Asks the webhooks that the sandbox plays about a write.
 * @returns the object, as they changed it
 * @throws ApiError as an API server answers when a webhook denies
 */
export function admitted(core: Core, type: ServedType, asked: Asked, writer: Writer): KubeObject {
  const { group, resource } = type;
  return judge(core, { ...asked, group, resource, user: writer.user }) ?? asked.new;
}

/** Asks the webhooks about a deletion. @throws ApiError when one denies */
export function admitDeletion(core: Core, type: ServedType, old: KubeObject, writer: Writer): void {
  judge(core, { operation: 'DELETE', group: type.group, resource: type.resource, old, user: writer.user });
}

function judge(core: Core, review: AdmissionReview): KubeObject | undefined {
  const verdict = core.admit?.(review, core.store);
  if (!verdict) return undefined;
  if ('object' in verdict) return verdict.object;
  const message = `admission webhook "${verdict.webhook}" denied the request: ${verdict.denied}`;
  throw new ApiError(verdict.code ?? 403, verdict.reason ?? 'Forbidden', message);
}
