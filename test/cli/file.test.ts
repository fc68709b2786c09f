import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Bed, fleetText, startBed } from './bed.ts';
import { definition } from './documents.ts';

let bed: Bed;
let before: string;
beforeAll(async () => {
  bed = await startBed({ members: ['edge-1'], actors: false });
  before = await bed.everything();
});
beforeEach(() => bed.write('fleet.yaml', fleetText(['edge-1'])));
afterAll(async () => {
  expect(await bed.everything()).toBe(before);
  await bed.close();
});

const wrong: readonly (readonly [string, string, readonly string[]])[] = [
  ['broken YAML', 'apiVersion: rollcall.dev/v1alpha1\nkind: Fleet\nmembers: [{ name: a\n', ['fleet.yaml:4:1']],
  [
    'unknown keys',
    fleetText(['{ name: edge-1, lables: { a: b } }']),
    ['fleet.yaml:7:21', 'lables', 'did you mean "labels"?', '^'],
  ],
  ['wrong types', fleetText(['{ name: edge-1, labels: 5 }']), ['fleet.yaml:7:29', 'members[0].labels', '^']],
  ['duplicate names', fleetText(['edge-1', 'edge-1']), ['fleet.yaml:8:13', 'edge-1', 'fleet.yaml:7']],
  [
    'an unknown hub',
    fleetText(['{ name: edge-1, registrations: [{ hub: hubb, mode: ocm-default }] }']),
    ['fleet.yaml:7', 'hubb', 'did you mean "hub"?'],
  ],
  [
    'a Rancher fleet.yaml',
    'defaultNamespace: shop\nhelm:\n  chart: ./chart\n  values: { replicas: 2 }\ntargetCustomizations: []\n',
    ['fleet.yaml:1:1', 'Rancher'],
  ],
];

describe('a fleet file that is wrong ends with 3, shows the place, and contacts nobody', () => {
  test.each(wrong)('%s', async (_what, text, says) => {
    await bed.write('fleet.yaml', text);
    for (const command of [['validate'], ['plan'], ['apply', '--yes'], ['status'], ['unjoin', 'gone']]) {
      const ran = await bed.rollcall(command);
      expect({ command, code: ran.code, out: ran.out }).toEqual({ command, code: 3, out: '' });
      for (const part of says) expect(ran.err).toContain(part);
      if (command[0] !== 'validate') expect(ran.err).toContain('no cluster was contacted');
      expect(bed.requests).toEqual([]);
    }
  });

  test.each(wrong)('%s, as JSON', async (_what, text) => {
    await bed.write('fleet.yaml', text);
    const ran = await bed.rollcall(['validate', '-o', 'json']);
    expect({ code: ran.code, err: ran.err }).toEqual({ code: 3, err: '' });
    expect(definition('Validation')(JSON.parse(ran.out))).toEqual([]);
    expect((await bed.rollcall(['validate', '-o', 'json'])).out).toBe(ran.out);
  });

  test('every problem at once', async () => {
    await bed.write('fleet.yaml', fleetText(['{ name: edge-1, lables: {} }', '{ name: 5 }', 'edge-1', 'edge-1']));
    const { err } = await bed.rollcall(['validate']);
    for (const line of [7, 8, 10]) expect(err).toContain(`fleet.yaml:${line}:`);
  });
});

describe('a fleet file that is right', () => {
  test('is said to be', async () => {
    expect(await bed.rollcall(['validate'])).toEqual({
      code: 0,
      out: 'acme: valid, 1 hub, 1 member, 1 registration\n',
      err: '',
    });
    expect(bed.requests).toEqual([]);
  });

  test('as JSON: no problems', async () => {
    const ran = await bed.rollcall(['validate', '-o', 'json']);
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(definition('Validation')(JSON.parse(ran.out))).toEqual([]);
  });

  test('--effective says where each value came from', async () => {
    const ran = await bed.rollcall(['validate', '--effective']);
    expect(ran.code).toBe(0);
    expect(ran.out).toMatch(/mode: ocm-default +# fleet\.yaml:5|ocm-default.*defaults/);
  });

  test('comes from standard input with -f -', async () => {
    const ran = await bed.rollcall(['validate', '-f', '-'], { stdin: fleetText(['from-stdin', 'another']) });
    expect(ran).toMatchObject({ code: 0, out: 'acme: valid, 1 hub, 2 members, 2 registrations\n' });
    const empty = await bed.rollcall(['validate', '-f', '-'], { stdin: '' });
    expect(empty.code).toBe(3);
  });

  test('may leave paths and addresses to --var and ROLLCALL_VAR_', async () => {
    const text = fleetText(['{ name: edge-1, access: { context: edge-1, kubeconfig: "${CONFIG}" } }']);
    await bed.write('fleet.yaml', text);
    const config = bed.env['KUBECONFIG'] ?? '';
    const unset = await bed.rollcall(['plan']);
    expect(unset.code).toBe(3);
    expect(unset.err).toContain('CONFIG');
    expect(bed.requests).toEqual([]);
    expect((await bed.rollcall(['plan', '--var', `CONFIG=${config}`])).out).toContain('1 join');
    expect((await bed.rollcall(['plan'], { env: { ROLLCALL_VAR_CONFIG: config } })).out).toContain('1 join');
  });
});
