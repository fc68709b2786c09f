import pLimit from 'p-limit';
import type { Cluster } from '../model/cluster.ts';
import { ClusterError } from '../model/errors.ts';
import type { Access } from '../model/fleet.ts';
import type { ExecuteEvent, Outcome } from '../model/outcome.ts';
import type { Draft } from './subject.ts';
import { converge } from './execute.ts';
import type { Lock } from './lock.ts';
import { recorded } from './recorded.ts';
import type { Context } from './steps/handler.ts';
import { remove } from './unjoin.ts';
import { type Clock, HubWaker } from './wait.ts';
import { outcomeOf, type Work } from './work.ts';

/** A renewal well within the lock's 60 seconds. */
const lockRenewalMs = 20_000;

/** How a plan is carried out. */
export interface RunOptions {
  /** Only drafts whose plan is a change that is not held back. */
  readonly drafts: readonly Draft[];
  readonly hubs: ReadonlyMap<string, Cluster>;
  readonly open: (access: Access) => Cluster;
  readonly lock: Lock;
  readonly context: Context;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly concurrency: number;
  readonly hubConcurrency: number;
  readonly waitTimeoutMs: number;
  readonly onEvent: (event: ExecuteEvent) => void;
}

/**
 * Carries out the drafts, registrations in parallel within both limits. What happens to one never stops another.
 * @returns one outcome per draft, in their order
 */
export async function run(options: RunOptions): Promise<readonly Outcome[]> {
  const fleetWide = pLimit(options.concurrency);
  const perHub = new Map([...options.hubs.keys()].map((hub) => [hub, pLimit(options.hubConcurrency)]));
  const wakers = new Map([...options.hubs].map(([hub, cluster]) => [hub, new HubWaker(cluster, options.clock)]));
  const done = new AbortController();
  const renewals = renewUntil(options, done.signal);
  // A bug in it is thrown below, not as an unhandled rejection in the middle of the run.
  renewals.catch(() => {});
  try {
    const ended = await Promise.allSettled(
      options.drafts.map(async (draft) => {
        const { hub } = draft.plan;
        const limit = perHub.get(hub);
        const waker = wakers.get(hub);
        const cluster = options.hubs.get(hub);
        if (limit === undefined || waker === undefined || cluster === undefined) {
          return outcomeOf(draft, { is: 'blocked', reason: `hub ${hub} is not connected` }, [], 0);
        }
        return limit(() => fleetWide(() => carryOut(draft, cluster, waker, options)));
      }),
    );
    // A bug in one must not cut the others off in the middle of a write: it is thrown when all have ended.
    return ended.map((one) => {
      if (one.status === 'rejected') throw one.reason;
      return one.value;
    });
  } finally {
    done.abort();
    await Promise.all([renewals, ...[...wakers.values()].map((waker) => waker.close())]);
  }
}

async function carryOut(draft: Draft, hub: Cluster, waker: HubWaker, options: RunOptions): Promise<Outcome> {
  const { plan, subject } = draft;
  const { verdict } = plan;
  if (verdict.is !== 'change') return outcomeOf(draft, { is: 'done' }, [], 0);
  if (options.signal.aborted) {
    return {
      id: plan.id,
      action: verdict.action,
      tookMs: 0,
      written: [],
      is: 'not-started',
      // The signal of a run whose time was up says so.
      reason: typeof options.signal.reason === 'string' ? options.signal.reason : 'the run was interrupted',
    };
  }
  const started = options.clock.now();
  const written: string[] = [];
  const member = options.open(subject.registration.member.access);
  options.onEvent({ type: 'started', id: plan.id, action: verdict.action });
  const work: Work = {
    ...options,
    draft,
    sites: { hub: recorded(hub, 'hub', written), member: recorded(member, 'member', written) },
    written,
    waker,
    mayWrite: fresh(() => options.lock.held(plan.hub), options.clock),
  };
  try {
    const ending = await (verdict.action === 'unjoin' ? remove(work) : converge(work));
    const outcome = outcomeOf(draft, ending, written, options.clock.now() - started);
    options.onEvent({ type: 'finished', id: plan.id, outcome });
    return outcome;
  } finally {
    await member.close();
  }
}

async function renewUntil({ clock, lock }: RunOptions, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(lockRenewalMs, signal);
    if (signal.aborted) return;
    try {
      await lock.renew();
    } catch (error) {
      // A lock that could not be renewed is asked for again before each first write.
      if (!(error instanceof ClusterError)) throw error;
    }
  }
}

/** How long the lock may be taken for held without asking again: a fraction of what it lasts. */
const lockTrustedMs = 20_000;

/** @returns the same question, asked again only when the last yes is old */
function fresh(ask: () => Promise<boolean>, clock: Clock): () => Promise<boolean> {
  let yesAt = Number.NEGATIVE_INFINITY;
  return async () => {
    if (clock.now() - yesAt < lockTrustedMs) return true;
    const yes = await ask();
    if (yes) yesAt = clock.now();
    return yes;
  };
}
