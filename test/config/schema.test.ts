import { writeFile, mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import fleetSchema from '../../fleet.schema.json' with { type: 'json' };
import { precompiledValidator } from '../../src/config/precompile.ts';
import { validateDocument } from '../../src/config/schema.ts';
import { validate } from '../../src/config/validator.ts';
import { modes } from '../../src/model/fleet.ts';
import { head, inShort, onProd, problemsOf } from './load-text.ts';

interface Case {
  readonly name: string;
  readonly text: string;
  /** `line:column rule: message`, and the suggestion where there is one. */
  readonly problems: readonly string[];
}

const cases: readonly Case[] = [
  {
    name: 'unknown keys, at the key, with what was meant',
    text: onProd(
      'mebmers: []\nmembers:\n  - { name: a, lables: {}, registrations: [{ hub: prod, mode: ocm-default, options: { clusterset: x, qqqqqqqqqqqqqq: 1 } }] }\n',
    ),
    problems: [
      '5:1 unknown-key: unknown key "mebmers" (did you mean "members"?)',
      '7:16 unknown-key: unknown key "lables" (did you mean "labels"?)',
      '7:87 unknown-key: unknown key "clusterset" (did you mean "clusterSet"?)',
      expect.stringMatching(
        /^7:102 unknown-key: unknown key "qqqqqqqqqqqqqq" \(known here: clusterName, .*… \(17\)\)$/,
      ),
    ],
  },
  {
    name: 'missing keys',
    text: 'kind: Fleet\nhubs: [{ type: ocm }]\n',
    problems: [
      '1:1 missing-key: "apiVersion" is missing',
      '1:1 missing-key: "name" is missing',
      '1:1 missing-key: "members" is missing',
      '2:8 missing-key: "name" is missing',
    ],
  },
  {
    name: 'wrong types, with a hint about quotes',
    text: onProd('members:\n  - { name: a, labels: { size: 3, on: true }, registrations: {} }\n  - b\n'),
    problems: [
      '6:32 wrong-type: size must be text, not a number; write it in quotes: "3"',
      '6:39 wrong-type: on must be text, not true or false; write it in quotes: "true"',
      '6:62 wrong-type: registrations must be a list, not a map',
      '7:5 wrong-type: members[1] must be a map, not text',
    ],
  },
  {
    name: 'an empty value where one is needed',
    text: onProd('members:\n'),
    problems: ['5:1 wrong-type: members must be a list, not empty'],
  },
  {
    name: 'another version',
    text: 'apiVersion: rollcall.dev/v2\nkind: Fleet\nname: acme\nhubs: [{ name: prod, type: ocm }]\nmembers: []\n',
    problems: ['1:13 wrong-value: apiVersion must be rollcall.dev/v1alpha1'],
  },
  {
    name: 'names',
    text: `${head}hubs: [{ name: Prod, type: ocm }]\nmembers: [{ name: ${'a'.repeat(64)} }]\n`,
    problems: [
      '4:16 wrong-value: name must be a name of at most 63 lower case letters, digits and "-", beginning and ending with a letter or digit',
      '5:19 wrong-value: name must have at most 63 characters',
    ],
  },
  {
    name: 'labels',
    text: onProd('members: [{ name: a, labels: { "a b": c, d: "e f" } }]\n'),
    problems: [
      '5:32 wrong-value: key "a b" must be a label key: letters, digits, "-", "_" and ".", at most 63, with an optional prefix as in acme.example/owner',
      '5:45 wrong-value: d must be a label value: letters, digits, "-", "_" and ".", at most 63, beginning and ending with a letter or digit',
    ],
  },
  {
    name: 'choices',
    text: onProd(
      'members:\n  - { name: a, registrations: [{ hub: prod, mode: ocm-singelton, state: gone, works: orphan }] }\n',
    ),
    problems: [
      '6:51 wrong-value: mode must be one of ocm-default, ocm-singleton (did you mean "ocm-singleton"?)',
      '6:73 wrong-value: state must be one of present, absent',
      '6:86 wrong-value: works must be one of refuse, drain',
    ],
  },
  {
    name: 'feature gates, with the known ones',
    text: onProd(
      'defaults: { registrations: [{ hub: prod, options: { workConfiguration: { featureGates: [{ feature: ClusterClaim, mode: Enable }] } } }] }\nmembers: []\n',
    ),
    problems: ['5:100 wrong-value: feature must be one of ExecutorValidatingCaches, RawFeedbackJsonString'],
  },
  {
    name: 'one message for an option of another mode',
    text: onProd(
      'members:\n  - { name: a, registrations: [{ hub: prod, mode: ocm-singleton, options: { workImagePullSpec: x } }] }\n',
    ),
    problems: ['6:77 option-of-other-mode: "workImagePullSpec" is no option of ocm-singleton'],
  },
  {
    name: 'no hub at all',
    text: `${head}hubs: []\nmembers: []\n`,
    problems: ['4:7 wrong-value: hubs must not be empty'],
  },
  {
    name: 'amounts, durations, the namespace of the agents',
    text: onProd(
      'members:\n  - name: a\n    registrations:\n      - hub: prod\n        mode: ocm-default\n        options:\n          klusterletNamespace: agents\n          resources: { qosClass: ResourceRequirement, limits: { cpu: 1x } }\n          workConfiguration: { appliedManifestWorkEvictionGracePeriod: 1 hour }\n',
    ),
    problems: [
      '11:32 wrong-value: klusterletNamespace must be a namespace that begins with open-cluster-management- and has at most 57 lower case letters, digits and "-"',
      '12:70 wrong-value: cpu must be a quantity, as in 300m, 1.5 or 512Mi',
      '13:72 wrong-value: appliedManifestWorkEvictionGracePeriod must be a duration, as in 90s, 60m or 1h30m',
    ],
  },
];

test.each(cases)('$name', async ({ text, problems }) => {
  const found = (await problemsOf(text)).map(({ line, column, rule, message, suggestion }) => {
    return `${line}:${column} ${rule}: ${message}${suggestion === undefined ? '' : ` (${suggestion})`}`;
  });
  expect(found).toEqual(problems);
});

describe('files that are something else get one line', () => {
  test.each([
    [
      'a Rancher fleet.yaml',
      'defaultNamespace: x\nhelm:\n  chart: ./c\ntargetCustomizations:\n- name: prod\n  foo: 1\n',
      '1:1 rancher-fleet defaultNamespace',
    ],
    ['another kind', 'apiVersion: apps/v1\nkind: Deployment\nmetadata: {}\n', '2:1 not-a-fleet kind'],
    ['a list', '- a\n', '1:1 not-a-fleet'],
    ['a text', 'hello\n', '1:1 not-a-fleet'],
  ])('%s', async (_, text, problem) => {
    expect((await problemsOf(text)).map(inShort)).toEqual([problem]);
  });

  test('the line about a Rancher file says what it is', async () => {
    const [problem] = await problemsOf('helm: {}\n');
    expect(problem?.message).toBe(
      'this is a fleet.yaml of Rancher Fleet (it has helm), not of Rollcall, whose files have kind: Fleet; name yours with -f',
    );
  });
});

describe('the schema document', () => {
  interface Node {
    readonly [keyword: string]: unknown;
  }
  const isNode = (value: unknown): value is Node =>
    typeof value === 'object' && value !== null && !Array.isArray(value);

  /** Every property with its path, following `properties`, `items` and `$defs`. */
  function* properties(node: Node, path: string): Generator<{ path: string; property: Node }> {
    for (const keyword of ['properties', '$defs']) {
      const named = node[keyword];
      for (const [name, inner] of isNode(named) ? Object.entries(named) : []) {
        if (!isNode(inner)) continue;
        if (keyword === 'properties') yield { path: `${path}/${name}`, property: inner };
        yield* properties(inner, `${path}/${name}`);
      }
    }
    if (isNode(node.items)) yield* properties(node.items, `${path}/items`);
  }
  const all = [...properties(fleetSchema, '')];

  test('describes and exemplifies every key', () => {
    const target = (property: Node): Node => {
      const name = typeof property.$ref === 'string' ? property.$ref.replace('#/$defs/', '') : '';
      const found = Object.entries(fleetSchema.$defs).find(([key]) => key === name)?.[1];
      return { ...found, ...property };
    };
    const silent = all.filter(
      ({ property }) => typeof target(property).description !== 'string' || !Array.isArray(target(property).examples),
    );
    expect(silent.map(({ path }) => path)).toEqual([]);
    expect(all.length).toBeGreaterThan(70);
  });

  test('knows exactly the modes that exist', () => {
    expect(fleetSchema.$defs.registration.properties.mode.enum).toEqual([...modes, null]);
  });

  test('forbids unknown keys wherever it lists known ones', () => {
    const open = (node: unknown, path: string): string[] => {
      if (Array.isArray(node))
        return node.flatMap((inner, index) => (path.endsWith('/allOf') ? [] : open(inner, `${path}/${index}`)));
      if (!isNode(node)) return [];
      const here =
        isNode(node.properties) && node.additionalProperties === undefined && !path.endsWith('/properties')
          ? [path]
          : [];
      return [
        ...here,
        ...Object.entries(node).flatMap(([key, inner]) =>
          key === 'allOf' || key === 'examples' ? [] : open(inner, `${path}/${key}`),
        ),
      ];
    };
    expect(open(fleetSchema, '')).toEqual([]);
  });
});

test('the precompiled validator says what the compiled one says', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'rollcall-validator-'));
  try {
    const file = join(folder, 'validator.mjs');
    const resolved = createRequire(import.meta.url).resolve('ajv/dist/runtime/ucs2length');
    const preamble = `import { createRequire } from 'node:module'; const require = createRequire(${JSON.stringify(resolved)});\n`;
    await writeFile(file, preamble + precompiledValidator());
    const precompiled = (await import(file)).validate;
    for (const document of [{}, { kind: 'Fleet', name: 'A', hubs: [{ nam: 1 }], members: 3 }]) {
      expect(precompiled(document)).toBe(validate(document));
      expect(precompiled.errors).toEqual(validate.errors);
      expect(validateDocument(document)).not.toEqual([]);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
