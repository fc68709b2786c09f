import { stripVTControlCharacters } from 'node:util';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type Bed, fleetText, startBed, writesOf } from './bed.ts';
import { definition } from './documents.ts';
import { interrupter } from './run.ts';

const members = ['edge-1', 'edge-2', 'edge-3', 'edge-4'];
let bed: Bed;
beforeAll(async () => {
  bed = await startBed({ members });
  await bed.write('fleet.yaml', fleetText(members));
});
afterEach(() => {
  bed.fault = () => undefined;
});
afterAll(() => bed.close());

const leases = '/apis/coordination.k8s.io/v1/namespaces/rollcall/leases';
const locks = async (): Promise<unknown> => (await bed.ask('hub', 'GET', leases))['items'];

test.each([
  [130, 'edge-1,edge-2'],
  [143, 'edge-2'],
])('a signal in the middle of apply: exit %i, the summary, no lock left, nothing new started', async (code, again) => {
  const interrupt = interrupter();
  bed.fault = (_context, { method, path }) => {
    if (method === 'PATCH' && path.includes('/klusterlets/')) interrupt.press(code);
    return undefined;
  };
  const ran = await bed.rollcall(['apply', '--yes', '--concurrency', '1', '--member', 'edge-1,edge-2'], { interrupt });
  expect(ran.code).toBe(code);
  expect(ran.out).toMatch(new RegExp(`^\\d planned .* exit ${code}$`, 'm'));
  expect(ran.out).toMatch(/^interrupted +1/m);
  if (again.includes('edge-1'))
    expect(ran.out).toMatch(/^not started +1 +nothing written\n.*edge-2.*the run was interrupted/m);
  expect(ran.out).toContain(`again: rollcall apply --member ${again}`);
  expect(await locks()).toEqual([]);
  // The other one joins in the test below.
  if (code === 143) return;
  bed.fault = () => undefined;
  const rerun = await bed.rollcall(['apply', '--yes', '--member', again.split(',')[0] ?? '']);
  expect(rerun).toMatchObject({ code: 0 });
});

test('the next run finishes what is left, and the one after it writes nothing', async () => {
  expect(await bed.rollcall(['apply', '--yes', '--member', 'edge-1,edge-2'])).toMatchObject({ code: 0 });
  expect(await bed.rollcall(['apply', '--yes', '--member', 'edge-1,edge-2'])).toMatchObject({ code: 0 });
  expect(writesOf(bed.requests)).toEqual([]);
});

test('--timeout runs out: what was not started is left, exit 5', async () => {
  bed.fault = (context, { method, path }) =>
    context === 'edge-3' && method === 'PATCH' && path.includes('/klusterlets/')
      ? new Error('the connection breaks, again and again')
      : undefined;
  const ran = await bed.rollcall([
    'apply',
    '--yes',
    '--concurrency',
    '1',
    '--member',
    'edge-3,edge-4',
    '--timeout',
    '900ms',
    '-o',
    'json',
  ]);
  expect(ran.code).toBe(5);
  const documents = ran.out.trim().split(/\n(?=\{)/);
  const summary = JSON.parse(documents.at(-1) ?? '') as { outcomes: { id: string; is: string; reason?: string }[] };
  expect(definition('Summary')(summary)).toEqual([]);
  expect(summary.outcomes.find(({ id }) => id === 'hub/edge-4')).toMatchObject({
    is: 'not-started',
    reason: 'the time given by --timeout was up',
  });
  expect(await locks()).toEqual([]);
});

test('a display that is written to a terminal is gone when the summary comes', async () => {
  bed.fault = () => undefined;
  const ran = await bed.rollcall(['apply', '--member', 'edge-3,edge-4'], { terminal: 90, stdin: 'yes\n' });
  expect(ran.code).toBe(0);
  expect(ran.out).toContain('Carry out 2 changes? Only yes is accepted: ');
  expect(stripVTControlCharacters(ran.out)).toMatch(/^joined +2 /m);
});

test('-v tells every step and counts requests and connections', async () => {
  await bed.write('labels.yaml', fleetText(['{ name: edge-4, labels: { tier: gold } }']));
  const ran = await bed.rollcall(['apply', '--yes', '-v', '-f', 'labels.yaml', '--member', 'edge-4']);
  expect(ran.code).toBe(0);
  expect(ran.out).toContain('hub/edge-4: managed-cluster: ManagedCluster\n');
  expect(ran.err).toMatch(/^CLUSTER +CONNECTIONS +REQUESTS/m);
  const quiet = await bed.rollcall(['apply', '--yes', '--quiet', '--member', 'edge-4']);
  expect(quiet.out).not.toMatch(/^hub\/edge-4: /m);
});
