import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import fleetSchema from '../../fleet.schema.json' with { type: 'json' };
import packageJson from '../../package.json' with { type: 'json' };
import planSchema from '../../plan.schema.json' with { type: 'json' };
import { type Bed, fleetText, startBed } from './bed.ts';

let bed: Bed;
beforeAll(async () => {
  bed = await startBed({ members: ['edge-1', 'edge-2'], actors: false });
  await bed.write('fleet.yaml', fleetText(['edge-1', 'edge-2']));
});
afterAll(() => bed.close());

describe('a command line that is wrong ends with 3, says what and what was meant, and contacts nobody', () => {
  test.each<readonly [string, string, string]>([
    ['plann', 'unknown command plann', 'did you mean plan?'],
    ['frobnicate', 'unknown command frobnicate', 'see rollcall --help'],
    ['plan --memebr edge-1', 'unknown option --memebr', 'did you mean --member?'],
    ['plan --no-colour', 'unknown option --no-colour', 'did you mean --no-color?'],
    ['plan --no-file', 'unknown option --no-file', 'see rollcall plan --help'],
    ['apply --no-timeout', 'unknown option --no-timeout', 'see rollcall apply --help'],
    ['plan --wait-timeout 5s', 'unknown option --wait-timeout', 'see rollcall plan --help'],
    ['plan --yes', 'unknown option --yes', 'see rollcall plan --help'],
    ['plan edge-1', 'plan takes no argument edge-1', 'see rollcall plan --help'],
    ['plan -f', '-f needs a value', 'see rollcall plan --help'],
    ['plan --member', '--member needs a value', 'see rollcall plan --help'],
    ['apply --allow-removals', '--allow-removals needs a value', 'see rollcall apply --help'],
    ['unjoin', 'unjoin needs at least one name', 'see rollcall unjoin --help'],
    ['plan -o jsonn', '--output jsonn is none of text, json', 'did you mean json?'],
    ['apply --only joins', '--only joins is none of join, repair, adopt, unjoin', 'did you mean join?'],
    ['plan --concurrency 0', '--concurrency must be a whole number of at least 1', ''],
    ['plan --concurrency many', '--concurrency must be a whole number of at least 1', ''],
    ['apply --hub-concurrency 1.5', '--hub-concurrency must be a whole number of at least 1', ''],
    ['apply --allow-removals -1', '--allow-removals must be a whole number of at least 0', ''],
    ['plan --timeout 5x', '--timeout 5x is no duration as in 90s, 10m or 1h30m', 'see rollcall plan --help'],
    [
      'apply --wait-timeout soon',
      '--wait-timeout soon is no duration as in 90s, 10m or 1h30m',
      'see rollcall apply --help',
    ],
    ['plan --var name', '--var name is not NAME=value', ''],
    ['plan --member edge-3', '--member edge-3 is not in the fleet file', 'did you mean edge-1?'],
    ['plan --hub hup', '--hub hup is not in the fleet file', 'did you mean hub?'],
    [
      'plan --hub frankfurt',
      '--hub frankfurt is not in the fleet file',
      'rollcall validate --effective lists every hub',
    ],
    ['plan -l region=eu', 'nothing is selected', 'check --hub, --member and --selector against the file'],
  ])('%s', async (line, what, next) => {
    const ran = await bed.rollcall(line.split(' '));
    expect(ran).toMatchObject({ code: 3, out: '' });
    expect(ran.err).toBe(next === '' ? `${what}\n` : `${what}\n  next: ${next}\n`);
    expect(bed.requests).toEqual([]);
  });

  test('a selector that cannot be parsed, with the position', async () => {
    const ran = await bed.rollcall(['plan', '-l', 'a in (']);
    expect(ran).toEqual({ code: 3, out: '', err: '--selector: selector "a in (": expected ")" at position 7\n' });
    expect(bed.requests).toEqual([]);
  });

  test('no command', async () => {
    const ran = await bed.rollcall([]);
    expect(ran).toEqual({ code: 3, out: '', err: 'name a command; rollcall --help lists them\n' });
  });

  test('no fleet file', async () => {
    const ran = await bed.rollcall(['plan', '-f', 'missing.yaml']);
    expect(ran.code).toBe(3);
    expect(ran.err).toContain('missing.yaml');
    expect(bed.requests).toEqual([]);
  });
});

describe('help', () => {
  test('lists the commands and the exit codes', async () => {
    const { code, out } = await bed.rollcall(['--help']);
    expect(code).toBe(0);
    for (const command of ['validate', 'plan', 'apply', 'status', 'unjoin', 'sandbox', 'schema'])
      expect(out).toMatch(new RegExp(`^ +rollcall ${command}\\b`, 'm'));
    expect(out).toContain('Exit codes');
  });

  test.each(['validate', 'plan', 'apply', 'status', 'unjoin', 'sandbox', 'schema'])(
    'of %s has examples',
    async (command) => {
      const { code, out, err } = await bed.rollcall([command, '--help']);
      expect({ code, err }).toEqual({ code: 0, err: '' });
      expect(out).toMatch(new RegExp(`^Examples:\\n +rollcall ${command}`, 'm'));
    },
  );

  test('keeps to the width of the terminal', async () => {
    const { out } = await bed.rollcall(['apply', '--help'], { terminal: 60 });
    expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(60);
  });
});

describe('what needs no cluster', () => {
  test('--version', async () => {
    expect(await bed.rollcall(['--version'])).toEqual({ code: 0, out: `${packageJson.version}\n`, err: '' });
  });

  test('schema', async () => {
    const { code, out } = await bed.rollcall(['schema']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(fleetSchema);
  });

  test('schema --plan', async () => {
    const { code, out } = await bed.rollcall(['schema', '--plan']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual(planSchema);
  });
});
