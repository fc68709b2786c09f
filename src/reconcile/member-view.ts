import pLimit from 'p-limit';
import type { Access } from '../model/fleet.ts';
import { draft } from './draft.ts';
import { type Candidate, type HubView, refsOfCandidate, withRecord } from './hub-view.ts';
import { joined, observe, type ReadingsMap } from './observe.ts';
import { kubeSystemRef } from './record.ts';
import { type AskRight, askOnce, missingRights } from './rights.ts';
import type { SurveyOptions } from './scope.ts';
import { refsOfCondition, refsOfOperand } from './steps/condition.ts';
import type { Draft } from './subject.ts';

interface Entry {
  readonly candidate: Candidate;
  readonly view: HubView;
}

/** Reads the members and plans. Each is contacted once, whatever the number of hubs it registers with. */
export async function draftMembers(views: readonly HubView[], options: SurveyOptions): Promise<readonly Draft[]> {
  const byAccess = new Map<string, { access: Access; entries: Entry[] }>();
  for (const view of views) {
    for (const candidate of view.candidates) {
      const { access } = candidate.registration.member;
      const key = JSON.stringify(access);
      const group = byAccess.get(key) ?? { access, entries: [] };
      group.entries.push({ candidate, view });
      byAccess.set(key, group);
    }
  }
  const limit = pLimit(options.concurrency);
  const may = askOnce();
  const drafts = await Promise.all(
    [...byAccess.values()].map(({ access, entries }) => limit(() => draftMember(access, entries, options, may))),
  );
  return drafts.flat();
}

async function draftMember(
  access: Access,
  entries: readonly Entry[],
  options: SurveyOptions,
  may: AskRight,
): Promise<readonly Draft[]> {
  const refs = entries
    .flatMap(({ candidate }) => (candidate.forget === true ? [] : refsOfCandidate(candidate)))
    .filter(({ site }) => site === 'member');
  const member = options.open(access);
  try {
    const live = await observe({ member }, refs.length === 0 ? [] : [kubeSystemRef, ...refs]);
    const system = live.get(kubeSystemRef);
    const uid = system.is === 'found' ? system.object.metadata.uid : undefined;
    return await Promise.all(
      entries.map(async ({ candidate, view }) => {
        const { driverSteps: _steps, server: _server, ...rest } = candidate;
        const pinned = (rest.rebuilt === true ? uid : rest.record?.memberUid) ?? uid ?? '';
        const entry = draft({
          ...rest,
          steps: withRecord(candidate, pinned, options.context),
          live: joined([
            { site: 'hub', live: view.live },
            { site: 'member', live },
          ]),
          ...(uid === undefined ? {} : { memberUid: uid }),
          ...(refs.length === 0 ? {} : { memberServer: member.endpoint }),
        });
        if (entry.plan.verdict.is !== 'change') return settled(entry, view, live);
        return options.readOnly === true ? entry : missingRights(entry, { hub: view.cluster, member }, may);
      }),
    );
  } finally {
    await member.close();
  }
}

/** Where nothing changes, only the signs of life are looked at again: everything else that was read of a large fleet may go. */
function settled({ plan, subject }: Draft, view: HubView, member: ReadingsMap): Draft {
  const signs = subject.driver.signs(subject.registration);
  const kept = member.only([
    ...refsOfCondition(signs.heartbeat),
    ...[signs.since, signs.agentRenewed, signs.certificateExpires].flatMap(refsOfOperand),
  ]);
  const live = joined([
    { site: 'hub', live: view.live },
    { site: 'member', live: kept },
  ]);
  return { plan, subject: { ...subject, live } };
}
