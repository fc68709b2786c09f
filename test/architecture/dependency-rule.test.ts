import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Finding, lint, root } from './oxlint.ts';

const rooms = ['cli', 'config', 'drivers', 'kube', 'model', 'reconcile', 'report', 'sandbox'];

/** Who may import a package; nobody else may. `drivers` and `model` may import none at all. */
const owners: Readonly<Record<string, readonly string[]>> = {
  yargs: ['cli'],
  'yargs/helpers': ['cli'],
  cosmiconfig: ['config'],
  ajv: ['config'],
  'ajv/dist/2020.js': ['config'],
  'js-yaml': ['config', 'kube'],
  '@kubernetes/client-node': ['kube'],
  undici: ['kube'],
  listr2: ['report'],
  'p-limit': ['reconcile'],
  '@peculiar/x509': ['kube', 'sandbox'],
  rfc6902: ['sandbox'],
};

/** The rooms whose code a file may import, besides its own folder and `model`. */
const doors: Readonly<Record<string, readonly string[]>> = {
  'cli/plan.ts': ['config', 'reconcile', 'report'],
  'cli/wiring.ts': ['config', 'drivers', 'kube', 'reconcile', 'report', 'sandbox'],
  'cli/sandbox.ts': ['config', 'drivers', 'kube', 'reconcile', 'report', 'sandbox'],
  ...Object.fromEntries(rooms.filter((room) => room !== 'cli').map((room) => [`${room}/one.ts`, []])),
};

const imports = 'eslint(no-restricted-imports)';
const globals = 'eslint(no-restricted-globals)';
const properties = 'eslint(no-restricted-properties)';

/** One line of one file under src, and the rule it breaks, if any. */
interface Line {
  readonly file: string;
  readonly line: string;
  readonly breaks: string | undefined;
}

const when = (broken: boolean, rule = imports): string | undefined => (broken ? rule : undefined);

function* lines(): Generator<Line> {
  for (const [file, open] of Object.entries(doors)) {
    const own = dirname(file);
    for (const room of rooms.filter((one) => one !== own)) {
      yield { file, line: `import '../${room}/x.ts';`, breaks: when(room !== 'model' && !open.includes(room)) };
    }
    yield { file, line: `import '../main.ts';`, breaks: imports };
    yield { file, line: `import './x.ts';`, breaks: undefined };
    for (const [name, by] of Object.entries(owners)) {
      yield { file, line: `import '${name}';`, breaks: when(!by.includes(own)) };
    }
    const pure = own === 'drivers' || own === 'model';
    for (const name of ['node:fs', 'node:net', 'node:child_process', 'leven']) {
      yield { file, line: `import '${name}';`, breaks: when(pure) };
    }
    for (const code of [
      'Date.now()',
      'new Date()',
      'setTimeout(run, 1)',
      'void fetch(url)',
      'process.env',
      'crypto.x()',
    ]) {
      yield { file, line: `${code};`, breaks: when(pure, globals) };
    }
    yield { file, line: 'Math.random();', breaks: when(pure, properties) };
  }
  for (const room of rooms) {
    const breaks = when(!['cli', 'model', 'report'].includes(room));
    yield { file: 'main.ts', line: `import './${room}/x.ts';`, breaks };
  }
  yield { file: 'main.ts', line: `import 'yargs';`, breaks: imports };
  yield { file: 'drivers/ocm/deep.ts', line: `import '../../kube/x.ts';`, breaks: imports };
  yield { file: 'drivers/ocm/deep.ts', line: `import '../../model/x.ts';`, breaks: undefined };
  yield { file: 'sandbox/server/controllers/deep.ts', line: `import '../../../kube/x.ts';`, breaks: imports };
  yield { file: 'sandbox/server/controllers/deep.ts', line: `import '../../../model/x.ts';`, breaks: undefined };
  yield { file: 'sandbox/server/controllers/deep.ts', line: `import '../../crds/x.ts';`, breaks: undefined };
  yield { file: 'report/ways.ts', line: `import type { A } from '../kube/x.ts';`, breaks: imports };
  yield { file: 'report/ways.ts', line: `export { b } from '../kube/x.ts';`, breaks: imports };
  yield { file: 'report/ways.ts', line: `export * from '../kube/x.ts';`, breaks: imports };
  yield { file: 'report/ways.ts', line: `const c = () => import('../kube/x.ts');`, breaks: imports };
  yield { file: 'report/ways.ts', line: `const d = () => import('undici');`, breaks: imports };
  // The way around the rule is closed by another one.
  const around = 'typescript(consistent-type-imports)';
  yield { file: 'report/ways.ts', line: `type E = import('../kube/x.ts').E;`, breaks: around };
  yield { file: 'kube/code.ts', line: 'let f: any;', breaks: 'typescript(no-explicit-any)' };
  yield { file: 'kube/code.ts', line: 'export default f;', breaks: 'import(no-default-export)' };
  yield { file: '../tool.config.ts', line: 'export default 1;', breaks: undefined };
  const promised = 'async function g(): Promise<boolean> { return true; }';
  yield { file: 'kube/code.ts', line: promised, breaks: undefined };
  yield { file: 'kube/code.ts', line: 'g();', breaks: 'typescript(no-floating-promises)' };
  yield { file: 'kube/code.ts', line: 'if (g()) await g();', breaks: 'typescript(no-misused-promises)' };
}

const written = [...lines()];
const watched = new Set(written.map(({ breaks }) => breaks));

let folder: string;
let findings: readonly Finding[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'rollcall-lint-'));
  copyFileSync(join(root, '.oxlintrc.json'), join(folder, '.oxlintrc.json'));
  const compilerOptions = { strict: true, target: 'es2024', module: 'nodenext', types: [] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, include: ['src'] }));
  for (const [file, group] of Map.groupBy(written, (one) => join(folder, 'src', one.file))) {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, group.map(({ line }) => `${line}\n`).join(''));
  }
  findings = await lint(folder, ['--type-aware']);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('every import and every word that does not belong in a room is found there, and no other', () => {
  const found = findings
    .filter(({ code }) => watched.has(code))
    .map(({ filename, labels, code }) => {
      const inFile = written.filter(({ file }) => join('src', file) === filename);
      return `${filename}: ${inFile[(labels[0]?.span.line ?? 0) - 1]?.line} ${code}`;
    });
  const expected = written
    .filter(({ breaks }) => breaks !== undefined)
    .map(({ file, line, breaks }) => `${join('src', file)}: ${line} ${breaks}`);
  expect(found.toSorted()).toEqual(expected.toSorted());
});

test('each message says where the code belongs', () => {
  const ours = findings.filter(({ code }) => [imports, globals, properties].includes(code));
  for (const { code, message, help = '' } of ours) expect(`${code}: ${message} ${help}`).toMatch(/\bsrc\/[a-z]+/);
});

test('every room of the house is covered', () => {
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).toSorted()).toEqual(rooms);
});
