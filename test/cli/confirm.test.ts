import { stripVTControlCharacters } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type Bed, fleetText, startBed, writesOf } from './bed.ts';

let bed: Bed;
let before: string;
const absent = '{ name: edge-1, registrations: [{ hub: hub, state: absent }] }';

/** Joined, and its ManagedCluster and record left by hand: what a fleet looks like whose agents sleep. */
beforeAll(async () => {
  bed = await startBed({ members: ['edge-1', 'edge-2'] });
  await bed.write('fleet.yaml', fleetText(['edge-1']));
  expect((await bed.rollcall(['apply', '--yes'])).code).toBe(0);
  await bed.write('two.yaml', fleetText(['edge-1', 'edge-2']));
  await bed.write('absent.yaml', fleetText([absent]));
  await bed.write('orphan.yaml', fleetText(['edge-2']));
});
afterEach(() => {
  expect(writesOf(bed.requests)).toEqual([]);
});
afterAll(() => bed.close());

const flat = (text: string): string => text.replace(/\s+/g, ' ');

describe('the whole run is refused with 4, and nothing is written', () => {
  test('apply without a terminal and without --yes shows the plan and says what to do', async () => {
    const ran = await bed.rollcall(['apply', '-f', 'two.yaml']);
    expect(ran).toMatchObject({
      code: 4,
      err: 'not confirmed: there is no terminal to ask at; nothing was changed\n  next: review the plan, then pass --yes\n',
    });
    expect(ran.out).toContain('+ join   hub/edge-2');
  });

  test('apply -o json does not ask', async () => {
    const ran = await bed.rollcall(['apply', '-f', 'two.yaml', '-o', 'json'], { terminal: 80, stdin: 'yes\n' });
    expect(ran.code).toBe(4);
    expect(JSON.parse(ran.out)).toMatchObject({ kind: 'Plan' });
    expect(flat(ran.err)).toContain('not confirmed: with -o json nobody is asked; nothing was changed');
  });

  test.each(['no\n', 'y\n', '\n', ''])('at a terminal, %j is no yes', async (answer) => {
    const ran = await bed.rollcall(['apply', '-f', 'two.yaml'], { terminal: 80, stdin: answer });
    expect(ran).toMatchObject({ code: 4 });
    expect(ran.out).toContain('Carry out 1 change? Only yes is accepted: ');
    expect(stripVTControlCharacters(ran.err)).toBe('not confirmed; nothing was changed\n');
  });

  test('at a terminal, Ctrl-C is one, and ends with 130', async () => {
    const ran = await bed.rollcall(['apply', '-f', 'two.yaml'], { terminal: 80, stdin: '\u0003' });
    expect(ran.code).toBe(130);
    expect(stripVTControlCharacters(ran.err)).toBe('interrupted; nothing was changed\n');
  });

  test('fewer removals than planned are allowed', async () => {
    const ran = await bed.rollcall(['apply', '--yes', '-f', 'absent.yaml']);
    expect(ran.code).toBe(4);
    expect(flat(ran.out)).toContain('REMOVES 1 (needs --allow-removals 1) - unjoin hub/edge-1 state: absent');
    expect(flat(ran.err)).toBe(
      '1 removal is planned, --allow-removals is 0; nothing was changed next: if all of them are meant: --allow-removals 1 ',
    );
  });

  test('more removals than planned are allowed', async () => {
    const ran = await bed.rollcall(['apply', '--yes', '-f', 'absent.yaml', '--allow-removals', '2']);
    expect(ran.code).toBe(4);
    expect(ran.err).toContain('1 removal is planned, --allow-removals is 2; nothing was changed');
    const none = await bed.rollcall(['apply', '--yes', '-f', 'two.yaml', '--allow-removals', '1']);
    expect(none.code).toBe(4);
    expect(flat(none.err)).toContain('next: leave --allow-removals out');
  });

  test('unjoin of a member that the file declares', async () => {
    const ran = await bed.rollcall(['unjoin', 'edge-1', '--yes', '--allow-removals', '1']);
    expect(ran).toMatchObject({ code: 4, out: '' });
    expect(flat(ran.err)).toContain(
      'the file still declares edge-1: the next apply would join again; nothing was changed',
    );
    expect(flat(ran.err)).toContain('next: say state: absent in the registration, or take the member out of the file');
  });

  test('--forget of a member that the file declares', async () => {
    const ran = await bed.rollcall(['apply', '--yes', '--forget', 'edge-1', '--allow-removals', '1']);
    expect(ran).toMatchObject({ code: 4, out: '' });
    expect(flat(ran.err)).toContain('--forget edge-1: the file still declares it');
  });
});

describe('names that lead nowhere end with 3', () => {
  test.each([
    ['unjoin', 'edge-9', '--yes', '--allow-removals', '1'],
    ['apply', '--yes', '--forget', 'edge-9', '--allow-removals', '1'],
    ['apply', '--yes', '--rebuilt', 'edge-9'],
  ])('%s %s %s', async (...argv) => {
    const ran = await bed.rollcall([...argv]);
    expect(ran).toMatchObject({ code: 3, out: '' });
    expect(ran.err).toContain('edge-9 is neither in the fleet file nor recorded on a hub; nothing was changed');
  });
});

describe('what left the file', () => {
  test('is shown and stays without --prune', async () => {
    const ran = await bed.rollcall(['plan', '-f', 'orphan.yaml', '--member', 'edge-2']);
    expect(ran.out).not.toContain('edge-1');
    const whole = await bed.rollcall(['plan', '-f', 'orphan.yaml']);
    expect(flat(whole.out)).toContain('- unjoin hub/edge-1 not in the file');
    expect(flat(whole.out)).toContain('held: needs --prune');
  });

  test('a member whose agent lives cannot be forgotten', async () => {
    const ran = await bed.rollcall(['apply', '--yes', '-f', 'orphan.yaml', '--forget', 'edge-1', '--member', 'edge-1']);
    expect(ran.code).toBe(5);
    expect(flat(ran.out)).toContain(
      'REFUSED 1 ! hub/edge-1 its agent is alive and would drain everything from the member',
    );
  });
});

describe('colours', () => {
  test('are for terminals', async () => {
    const plan = ['plan', '-f', 'two.yaml'];
    before = (await bed.rollcall(plan)).out;
    expect(before).not.toContain('\u001b[');
    expect((await bed.rollcall(plan, { terminal: 100 })).out).toContain('\u001b[');
  });

  test.each<readonly [string, readonly string[], Record<string, string>]>([
    ['NO_COLOR', [], { NO_COLOR: '1' }],
    ['--no-color', ['--no-color'], {}],
    ['TERM=dumb', [], { TERM: 'dumb' }],
  ])('are off with %s', async (_what, options, env) => {
    const ran = await bed.rollcall(['plan', '-f', 'two.yaml', ...options], { terminal: 100, env });
    expect(ran.out).toBe(before);
    const failed = await bed.rollcall(['plan', '--member', 'edge-7', ...options], { terminal: 100, env });
    expect(failed.err).not.toContain('\u001b[');
  });
});
