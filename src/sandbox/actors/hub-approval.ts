import { subjectOf } from './certificates.ts';
import type { Client } from './client.ts';
import { type CertificateRequest, kinds, names } from './kinds.ts';

/**
 * Approves a renewal: the request of an agent that already is whom it asks to be. First requests need a person, or Rollcall
 * (facts/ocm 3.6).
 * @param accepted whether the hub accepts that cluster; stands for the right to renew that goes with it
 */
export const approveRenewal = async (
  hub: Client,
  request: CertificateRequest,
  accepted: (clusterName: string) => boolean,
  at: string,
): Promise<void> => {
  const { spec, metadata, status } = request;
  const name = metadata.labels?.[names.clusterLabel];
  const user = spec.username ?? '';
  const decided = status?.certificate !== undefined || (status?.conditions ?? []).length > 0;
  if (
    decided ||
    name === undefined ||
    spec.signerName !== names.signer ||
    !user.startsWith(`${names.identity}${name}:`)
  )
    return;
  const subject = await subjectOf(Buffer.from(spec.request, 'base64').toString());
  const organizations = (subject?.organizations ?? []).filter((organization) => organization !== names.everyAgent);
  const own = organizations.length === 1 && organizations[0] === `${names.identity}${name}`;
  if (!own || subject?.commonName !== user || !accepted(name)) return;
  const approved = {
    type: 'Approved',
    status: 'True' as const,
    reason: 'AutoApprovedByHubCSRApprovingController',
    message: 'Auto approving Managed cluster agent certificate after SubjectAccessReview.',
    lastUpdateTime: at,
    lastTransitionTime: at,
  };
  await hub.update(kinds.csr, { ...request, status: { ...status, conditions: [approved] } }, 'approval');
};
