import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadFleet } from '../../src/config/fleet.ts';
import { onProd } from './load-text.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rollcall-read-'));
});
afterEach(() => rm(folder, { recursive: true }));

const good = onProd('members: []\n');

async function write(files: Readonly<Record<string, string | Uint8Array>>): Promise<void> {
  for (const [name, content] of Object.entries(files)) {
    await mkdir(join(folder, name, '..'), { recursive: true });
    await writeFile(join(folder, name), content);
  }
}

/** The fleet's name, or what is wrong. */
async function load(file?: string): Promise<string> {
  const loaded = await loadFleet({ file, cwd: folder, vars: {}, env: {} });
  if ('fleet' in loaded) return loaded.fleet.name;
  return loaded.problems.map((problem) => `${problem.file}: ${problem.message}`).join('\n');
}

describe('which file', () => {
  test.each(['fleet.yaml', 'fleet.yml'])('%s of the working folder', async (name) => {
    await write({ [name]: good });
    expect(await load()).toBe('acme');
  });

  test('fleet.json, with tabs', async () => {
    const json = {
      apiVersion: 'rollcall.dev/v1alpha1',
      kind: 'Fleet',
      name: 'from-json',
      hubs: [{ name: 'prod', type: 'ocm' }],
      members: [],
    };
    await write({ 'fleet.json': JSON.stringify(json, null, '\t') });
    expect(await load()).toBe('from-json');
  });

  test.each([
    '.fleetrc',
    '.fleetrc.yaml',
    '.config/fleetrc',
    'fleet.config.yaml',
    'package.json',
    '../fleet.yaml',
    'sub/fleet.yaml',
  ])('never %s', async (name) => {
    folder = join(folder, 'inner');
    await mkdir(folder);
    await write({ [name]: name === 'package.json' ? '{"fleet": {"name": "x"}}' : good });
    expect(await load()).toBe('fleet.yaml: no fleet.yaml, fleet.yml, fleet.json in this folder; name one with -f');
    folder = join(folder, '..');
  });

  test('the one that -f names, shown as it was named', async () => {
    await write({
      'fleet.yaml': good,
      'other/package.yaml': good.replace('acme', 'other'),
      'other/bad': 'kind: Fleet\n- x\n',
    });
    expect(await load('other/package.yaml')).toBe('other');
    expect(await load('other/bad')).toContain('other/bad: not valid YAML');
  });

  test.each([
    ['missing.yaml', 'missing.yaml: does not exist'],
    ['.', '.: is a folder; name the file in it'],
  ])('-f %s', async (name, says) => {
    expect(await load(name)).toBe(says);
  });

  test('an empty one is not passed over for the next', async () => {
    await write({ 'fleet.yaml': '', 'fleet.yml': good });
    expect(await load()).toContain('fleet.yaml: the file is empty');
  });

  test('a folder of that name is not passed over in silence', async () => {
    await mkdir(join(folder, 'fleet.yaml'));
    expect(await load()).toBe('fleet.yaml: is a folder; name the file in it');
  });

  test('one that cannot be read is not taken for none', async () => {
    await symlink('fleet.yaml', join(folder, 'fleet.yaml'));
    expect(await load()).toBe('fleet.yaml: is a link to itself');
  });
});

describe('bytes', () => {
  test("a byte order mark is nobody's problem, and shifts no column", async () => {
    await write({ 'fleet.yaml': `\uFEFF${good.replace('kind: Fleet', 'kind: Fleet\nx: 1')}` });
    const loaded = await loadFleet({ cwd: folder, vars: {}, env: {} });
    expect(loaded).toMatchObject({ problems: [{ line: 3, column: 1, rule: 'unknown-key' }] });
    await write({ 'fleet.yaml': `\uFEFF${good}` });
    expect(await load()).toBe('acme');
  });

  test.each([
    ['UTF-16', new Uint8Array([0xff, 0xfe, 0x61, 0x00]), 'is UTF-16; save it as UTF-8'],
    ['Latin-1', new Uint8Array([0x61, 0x3a, 0x20, 0xe9, 0x0a]), 'is not UTF-8 text; save it as UTF-8'],
    ['a program', new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 0x00, 0x00]), 'is binary, not YAML'],
  ])('%s: one line', async (_, bytes, says) => {
    await write({ 'fleet.yaml': bytes });
    expect(await load()).toBe(`fleet.yaml: ${says}`);
  });
});

describe('a hostile folder runs nothing', () => {
  /** Leaves a mark when it is run, in whatever way. */
  const program = (mark: string): string =>
    `require('node:fs').writeFileSync(${JSON.stringify(mark)}, ''); module.exports = {};`;

  test.each([
    ['.config/config.cjs', ''],
    ['.config/config.js', ''],
    ['.config/config.ts', ''],
    ['.config/fleetrc.cjs', ''],
    ['fleet.config.cjs', ''],
    ['.fleetrc.cjs', ''],
    ['x.cjs', '$import: ./x.cjs\n'],
    ['x.cjs', 'x: !!js/function "function(){ require(\'./x.cjs\') }"\n'],
  ])('%s', async (name, line) => {
    const mark = join(folder, 'ran');
    await write({
      'fleet.yaml': `${good}${line}`,
      [name]: program(mark),
      'package.json': JSON.stringify({ cosmiconfig: { searchPlaces: ['x.cjs', '.fleetrc.cjs'], $import: './x.cjs' } }),
      '.config/config.json': JSON.stringify({ cosmiconfig: { searchPlaces: ['x.cjs'] } }),
    });
    // In a process of its own, because cosmiconfig's meta configuration is that of the process's working folder.
    const source = `import { loadFleet } from ${JSON.stringify(new URL('../../src/config/fleet.ts', import.meta.url).href)};
      const loaded = await loadFleet({ cwd: process.cwd(), vars: {}, env: {} });
      console.log('fleet' in loaded ? loaded.fleet.name : loaded.problems.map((problem) => problem.rule).join());`;
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', source], {
      cwd: folder,
      timeout: 20_000,
    });
    expect(stdout.trim()).toBe(line === '' ? 'acme' : line.startsWith('$') ? 'unknown-key' : 'yaml-syntax');
    expect(existsSync(mark)).toBe(false);
  });

  test('and the mark would be left if something were run', async () => {
    const mark = join(folder, 'ran');
    await write({ '.config/config.cjs': program(mark) });
    const source = `import { cosmiconfigSync } from ${JSON.stringify(import.meta.resolve('cosmiconfig'))}; cosmiconfigSync('fleet');`;
    await promisify(execFile)(process.execPath, ['--input-type=module', '-e', source], {
      cwd: folder,
      timeout: 20_000,
    });
    expect(existsSync(mark)).toBe(true);
  });
});
