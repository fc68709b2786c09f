import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { modes } from '../../src/model/fleet.ts';
import { type Bed, startBed } from './bed.ts';
import { definition } from './documents.ts';

const read = (path: string): Promise<string> => readFile(new URL(`../../${path}`, import.meta.url), 'utf8');

let bed: Bed;
beforeAll(async () => {
  const text = await read('examples/fleet.yaml');
  const members = [...text.matchAll(/^ {2}- \{ name: ([\w-]+), labels/gm)].map(([, name = '']) => name);
  bed = await startBed({ hubs: ['prod'], members, actors: false });
  await bed.write('fleet.yaml', text);
});
afterAll(() => bed.close());

test('examples/fleet.yaml is valid and plans on the sandbox, showing every mode', async () => {
  expect(await bed.rollcall(['validate'])).toMatchObject({ code: 0, err: '' });
  const ran = await bed.rollcall(['plan', '-o', 'json', '--detailed-exitcode']);
  expect(ran).toMatchObject({ code: 2, err: '' });
  const plan = JSON.parse(ran.out) as { registrations: { mode: string; verdict: unknown }[] };
  expect(definition('Plan')(plan)).toEqual([]);
  expect(new Set(plan.registrations.map(({ mode }) => mode))).toEqual(new Set(modes));
  for (const { verdict } of plan.registrations) expect(verdict).toEqual({ is: 'change', action: 'join' });
  expect((await bed.rollcall(['plan', '-o', 'json'])).out).toBe(ran.out);
});

test('the fleet file in the README is valid', async () => {
  const blocks = [...(await read('README.md')).matchAll(/^```yaml\n(.*?)^```/gms)].map(([, text = '']) => text);
  expect(blocks.length).toBeGreaterThan(0);
  for (const block of blocks) {
    await bed.write('readme.yaml', block);
    expect(await bed.rollcall(['validate', '-f', 'readme.yaml'])).toMatchObject({ code: 0, err: '' });
  }
});
