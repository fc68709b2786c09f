import type { KubeObject } from '../../../model/cluster.ts';
import { type Core, timestamp } from '../core.ts';
import { replace } from '../write.ts';
import { type Controller, controllerWriter } from './queue.ts';

const group = 'certificates.k8s.io';
const resource = 'certificatesigningrequests';
const signer = 'kubernetes.io/kube-apiserver-client';
const year = 365 * 24 * 3600;

interface Spec {
  readonly request: string;
  readonly signerName: string;
  readonly usages: readonly string[];
  readonly expirationSeconds?: number;
}

interface Status {
  readonly certificate?: string;
  readonly conditions?: readonly { readonly type: string; readonly lastTransitionTime?: string }[];
}

/** Signs approved requests for client certificates, as kube-controller-manager does with the cluster's CA. */
export function signing(core: Core): Controller {
  const outcome = async (spec: Spec, status: Status): Promise<Status> => {
    const request = Buffer.from(spec.request, 'base64').toString();
    const options = { expirationSeconds: spec.expirationSeconds ?? year, usages: spec.usages };
    try {
      const certificate = await core.authority.sign(request, options);
      return { ...status, certificate: Buffer.from(certificate).toString('base64') };
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      const now = timestamp(core.chance);
      const failed = { type: 'Failed', status: 'True', reason: 'SignerValidationFailure', message };
      const condition = { ...failed, lastUpdateTime: now, lastTransitionTime: now };
      return { ...status, conditions: [...(status.conditions ?? []), condition] };
    }
  };
  const open = (object: KubeObject | undefined): object is KubeObject => {
    const status = (object?.['status'] ?? {}) as Status;
    const types = (status.conditions ?? []).map((condition) => condition.type);
    const wanted = (object?.['spec'] as Spec | undefined)?.signerName === signer;
    return (
      wanted &&
      types.includes('Approved') &&
      !types.includes('Denied') &&
      !types.includes('Failed') &&
      !status.certificate
    );
  };
  return {
    *concerns(change) {
      const { object } = change.entry;
      if (change.group === group && change.resource === resource && change.type !== 'DELETED' && open(object)) {
        yield object.metadata.name;
      }
    },
    async reconcile(name) {
      const request = core.store.get(group, resource, undefined, name);
      const type = core.registry.find(`${group}/v1`, resource);
      if (!type || !open(request)) return;
      const status = await outcome(request['spec'] as Spec, request['status'] ?? {});
      const live = core.store.get(group, resource, undefined, name);
      if (!open(live) || live.metadata.uid !== request.metadata.uid) return;
      replace(core, type, live, { ...live, status }, controllerWriter, { subresource: 'status' });
    },
  };
}
