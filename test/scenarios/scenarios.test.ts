import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { afterEach, expect, test } from 'vitest';
import { loadFleet } from '../../src/config/fleet.ts';
import type { RawRequest } from '../../src/model/cluster.ts';
import type { ExecuteEvent } from '../../src/model/outcome.ts';
import type { Fleet } from '../../src/model/fleet.ts';
import type { SurveyOptions } from '../../src/reconcile/scope.ts';
import { planText } from '../../src/report/plan-text.ts';
import { acceptByClusteradm, healthy, joinByClusteradm } from '../reconcile/clusteradm.ts';
import { verdicts } from '../laws/read-plan.ts';
import { testWorld, type TestWorld, unreachable } from '../laws/world.ts';

/** What a scenario starts from, in its world.yaml. */
interface Start {
  readonly members: readonly string[];
  /** A fleet file that is applied before. */
  readonly joined?: string;
  /** Contexts that clusteradm joined before. */
  readonly clusteradm?: boolean;
  readonly kubectl?: readonly {
    readonly context: string;
    readonly method: RawRequest['method'];
    readonly path: string;
    readonly body?: unknown;
    readonly manager?: string;
  }[];
  /** Paths that must be there before the run starts. */
  readonly until?: readonly { readonly context: string; readonly path: string }[];
  readonly unreachable?: readonly string[];
  readonly scope?: Partial<SurveyOptions>;
}

let world: TestWorld | undefined;
afterEach(async () => {
  await world?.close();
  world = undefined;
});

const scenarios = (await readdir(import.meta.dirname, { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

async function fleetIn(folder: string, file: string): Promise<Fleet> {
  const loaded = await loadFleet({ file, cwd: folder, vars: {}, env: {} });
  if ('problems' in loaded) throw new Error(JSON.stringify(loaded.problems));
  return loaded.fleet;
}

/** What differs from run to run: times, UIDs, hashes, random ends of names. */
const settled = (text: string): string =>
  text
    .replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?Z/g, '<time>')
    .replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uid>')
    .replaceAll(/\bplan [0-9a-f]{8}\b/g, 'plan <hash>')
    .replaceAll(/(CertificateSigningRequest\/[a-z0-9-]+-)[a-z0-9]{5}\b/g, '$1<random>');

/** Events by registration; how often something was waited for depends on the machine. */
const eventLines = (events: readonly ExecuteEvent[]): string =>
  events
    .flatMap((event) => {
      switch (event.type) {
        case 'started':
          return [`${event.id}: ${event.action}`];
        case 'performing':
          return [`${event.id}: ${event.step}: ${event.title}`];
        case 'waiting':
          return [];
        case 'finished':
          return [
            `${event.id}: ${event.outcome.is}`,
            ...event.outcome.written.map((name) => `${event.id}: wrote ${name}`),
          ];
      }
    })
    // The klusterlet operator clears its namespace as well: who is first depends on the machine.
    .filter((line) => !/remove.*open-cluster-management-agent|open-cluster-management-agent.* removed$/.test(line))
    .map((line, index) => ({ line, id: line.split(':')[0] ?? '', index }))
    .toSorted((a, b) => a.id.localeCompare(b.id) || a.index - b.index)
    .map(({ line }) => `${line}\n`)
    .join('');

test.each(scenarios)('%s', async (name) => {
  const folder = join(import.meta.dirname, name);
  const start = load(await readFile(join(folder, 'world.yaml'), 'utf8')) as Start;
  const started = await testWorld({ hubs: ['prod'], members: start.members });
  world = started;
  if (start.joined !== undefined) {
    const { outcomes } = await started.apply(await fleetIn(folder, start.joined));
    expect(outcomes.map(({ is }) => is)).toEqual(outcomes.map(() => 'done'));
  }
  if (start.clusteradm === true) {
    await joinByClusteradm(started, 'prod');
    await acceptByClusteradm(started, 'prod');
    await healthy(started, 'prod');
  }
  for (const { context, method, path, body, manager } of start.kubectl ?? [])
    await started.kubectl(context, method, path, body, manager);
  for (const { context, path } of start.until ?? []) await started.until(path, () => started.read(context, path));

  const fleet = await fleetIn(folder, 'fleet.yaml');
  const session = started.session((context) => (start.unreachable?.includes(context) ? unreachable() : undefined));
  const { survey, events } = await session.apply(fleet, start.scope);
  const text = planText(survey.plan, { style: { color: false, width: 120 }, version: '0.0.0', all: false });
  await expect(settled(text)).toMatchFileSnapshot(join(folder, 'plan.txt'));
  await expect(settled(eventLines(events))).toMatchFileSnapshot(join(folder, 'events.txt'));
  const after = Object.entries(verdicts(await session.plan(fleet, start.scope))).map(
    ([id, verdict]) => `${id} ${verdict}\n`,
  );
  await expect(settled(after.join(''))).toMatchFileSnapshot(join(folder, 'after.txt'));
});
