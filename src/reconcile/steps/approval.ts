import type { CertificateRequestFacts, KubeObject } from '../../model/cluster.ts';
import type { Readings } from '../../model/readings.ts';
import type { ApprovalStep, Assessment } from '../../model/step.ts';
import { textOf } from '../judge.ts';
import { isRecord, valueAt } from '../path.ts';
import type { StepHandler } from './handler.ts';

/** kube-controller-manager signs within a second or two; without a signer (EKS) it never comes. */
const signerPatienceMs = 30_000;

const hasCondition = (request: KubeObject, type: string): boolean =>
  valueAt(request, ['status', 'conditions', { type }]) !== undefined;
const issued = (request: KubeObject): boolean => valueAt(request, ['facts', 'certificate']) !== undefined;

/**
 * Why a request is not provably the member's own. Everything is checked that the hub's own approver leaves out: requester,
 * signer, usages, organizations, common name, alternative names, and that it is no add-on's request.
 */
function objection(step: ApprovalStep, request: KubeObject, live: Readings): string | undefined {
  const { evidence } = step;
  const facts = valueAt(request, ['facts', 'request']);
  const requester = String(valueAt(request, ['spec', 'username']));
  if (requester !== evidence.requester) return `by ${requester}`;
  const uid = textOf(evidence.requesterUid, live);
  if (uid === undefined || valueAt(request, ['spec', 'uid']) !== uid) return `by an earlier ${requester}`;
  if (valueAt(request, ['spec', 'signerName']) !== evidence.signerName) return 'for another signer';
  const addOn = evidence.withoutLabels.find((label) => request.metadata.labels?.[label] !== undefined);
  if (addOn !== undefined) return `carries ${addOn}`;
  const usages = valueAt(request, ['spec', 'usages']);
  if (!Array.isArray(usages) || usages.some((usage) => !evidence.usages.includes(String(usage))))
    return 'asks for other usages';
  if (!isRequest(facts)) return 'cannot be parsed';
  if (!facts.signatureValid) return 'its signature does not verify';
  if (facts.subjectAltNames.length > 0) return 'asks for alternative names';
  if (JSON.stringify(facts.organizations.toSorted()) !== JSON.stringify(evidence.organizations.toSorted())) {
    return 'asks for other organizations';
  }
  if (!facts.commonName.startsWith(evidence.commonNamePrefix)) return 'is for another cluster name';
  if (evidence.commonNameSuffix !== undefined) {
    const suffix = textOf(evidence.commonNameSuffix, live);
    if (suffix === undefined || facts.commonName !== `${evidence.commonNamePrefix}${suffix}`)
      return "does not carry the Klusterlet's UID";
  }
  return undefined;
}

const isRequest = (facts: unknown): facts is CertificateRequestFacts =>
  isRecord(facts) && typeof facts['commonName'] === 'string' && Array.isArray(facts['organizations']);

function sorted(
  step: ApprovalStep,
  live: Readings,
): { own: readonly KubeObject[]; others: readonly string[]; count: number } | { unknown: string } {
  const reading = live.get(step.requests);
  if (reading.is === 'unreadable') return { unknown: reading.reason };
  const items = reading.is === 'listed' ? reading.items : [];
  const judged = items.map((request) => ({ request, objection: objection(step, request, live) }));
  return {
    own: judged
      .filter((item) => item.objection === undefined)
      .map(({ request }) => request)
      .toSorted((a, b) => (b.metadata.creationTimestamp ?? '').localeCompare(a.metadata.creationTimestamp ?? '')),
    count: items.length,
    others: judged
      .filter((item) => item.objection !== undefined && !issued(item.request) && !hasCondition(item.request, 'Denied'))
      .map((item) => `${item.request.metadata.name}, ${item.objection ?? ''}`),
  };
}

/** @returns requests that somebody else made under this cluster's name, for the plan's notes */
export function strangers(step: ApprovalStep, live: Readings): readonly string[] {
  const found = sorted(step, live);
  return 'unknown' in found ? [] : found.others;
}

const undecided = (request: KubeObject): boolean =>
  !hasCondition(request, 'Approved') && !hasCondition(request, 'Denied');

/**
 * A denial is a person's no, and the agent asks again at once: it stands until a later request was approved.
 * @param own newest first
 */
function lastDenied(own: readonly KubeObject[]): KubeObject | undefined {
  const decided = own.find((request) => !undecided(request));
  return decided !== undefined && hasCondition(decided, 'Denied') ? decided : undefined;
}

/** The newest request that provably comes from the agent that we gave the bootstrap credential to. */
export const approvalHandler: StepHandler<ApprovalStep> = {
  refs: (step) => [
    step.requests,
    ...[step.evidence.requesterUid, step.evidence.commonNameSuffix].flatMap((operand) =>
      operand !== undefined && 'from' in operand ? [operand.from] : [],
    ),
  ],
  owned: () => [],
  rights: (step) => [
    {
      site: step.site,
      question: {
        verb: 'update',
        group: 'certificates.k8s.io',
        resource: 'certificatesigningrequests',
        subresource: 'approval',
      },
    },
    {
      site: step.site,
      question: { verb: 'approve', group: 'certificates.k8s.io', resource: 'signers', name: step.evidence.signerName },
    },
  ],

  assess(step, live): Assessment {
    const found = sorted(step, live);
    if ('unknown' in found) return { is: 'unknown', reason: found.unknown };
    const denied = lastDenied(found.own);
    if (denied !== undefined) {
      return {
        is: 'refused',
        reason: `CertificateSigningRequest/${denied.metadata.name} was denied`,
        next: 'delete that request if the denial no longer stands; the agent asks again by itself',
      };
    }
    const newest = found.own[0];
    const ignored =
      found.others.length === 0 ? '' : `; ${found.others.length} by somebody else ignored (${found.others.join('; ')})`;
    if (newest !== undefined && undecided(newest)) {
      return { is: 'missing', objects: [`CertificateSigningRequest/${newest.metadata.name}`] };
    }
    const halted =
      found.count < step.requestLimit
        ? ''
        : `; the agent makes no more while there are ${step.requestLimit}: delete old ones`;
    if (newest === undefined) {
      return { is: 'pending', waitingFor: `a certificate request of the member's own identity${ignored}${halted}` };
    }
    if (issued(newest))
      return {
        is: 'pending',
        waitingFor: `the agent to use the certificate of ${newest.metadata.name}${ignored}${halted}`,
      };
    const reading = live.get(step.requests);
    const approvedAt = Date.parse(
      String(valueAt(newest, ['status', 'conditions', { type: 'Approved' }, 'lastUpdateTime'])),
    );
    const now = reading.is === 'listed' ? Date.parse(reading.at) : Number.NaN;
    const late =
      now - approvedAt > signerPatienceMs
        ? ': approved long ago and not signed, this hub may have no signer for it (EKS)'
        : '';
    return { is: 'pending', waitingFor: `the certificate of ${newest.metadata.name}${late}` };
  },

  async perform(step, live, sites) {
    const found = sorted(step, live);
    const newest = 'unknown' in found ? undefined : found.own[0];
    if (newest === undefined || !undecided(newest)) return;
    await sites[step.site].approve(newest.metadata.name, {
      resourceVersion: newest.metadata.resourceVersion ?? '',
      reason: 'RollcallApprove',
      message: 'Requested by the bootstrap identity that Rollcall made for this cluster.',
    });
  },
};
