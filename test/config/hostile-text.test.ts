import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SourceText } from '../../src/config/document.ts';
import { validateDocument } from '../../src/config/schema.ts';
import { head, loadText, problemsOf } from './load-text.ts';

/** A document with most keys there are. */
const document = {
  apiVersion: 'rollcall.dev/v1alpha1',
  kind: 'Fleet',
  name: 'acme',
  hubs: [
    {
      name: 'prod',
      type: 'ocm',
      access: { kubeconfig: 'k', context: '{name}' },
      endpoint: { server: 'https://hub', proxyUrl: 'http://proxy' },
    },
  ],
  defaults: {
    labels: { tier: 'gold' },
    access: { kubeconfig: '/kube/{name}' },
    registrations: [
      {
        hub: '{labels.hub}',
        mode: 'ocm-default',
        works: 'drain',
        adopt: true,
        hubEndpoint: { lookup: 'cluster-info' },
        options: {
          clusterName: 'x-{name}',
          annotations: { a: 'b' },
          clientConfigs: [{ url: 'https://x' }],
          resources: { qosClass: 'ResourceRequirement', requests: { cpu: 1 }, limits: { cpu: '2' } },
          nodePlacement: { nodeSelector: { a: 'b' }, tolerations: [{ operator: 'Exists' }] },
          registrationConfiguration: {
            clientCertExpirationSeconds: 3600,
            clusterAnnotations: { a: 'b' },
            featureGates: [{ feature: 'MultipleHubs', mode: 'Enable' }],
            bootstrapKubeConfigs: { type: 'LocalSecrets', localSecretsConfig: { kubeConfigSecrets: [{ name: 'a' }] } },
            addOnKubeClientRegistrationDriver: { authType: 'token', token: { expirationSeconds: 1 } },
          },
          workConfiguration: { statusSyncInterval: '60s' },
        },
      },
    ],
  },
  groups: [
    {
      name: 'small',
      match: { size: 'small' },
      labels: { extra: 'x' },
      registrations: [{ hub: 'prod', options: { priorityClassName: null } }],
    },
  ],
  members: [
    { name: 'a', labels: { hub: 'prod', size: 'small' } },
    {
      name: 'b',
      labels: { hub: 'prod' },
      access: { server: 'https://b', tokenFile: 't' },
      registrations: [{ hub: 'prod', state: 'absent' }],
    },
  ],
};

/** Every place in a value, as a path. */
function paths(value: unknown, path: readonly (string | number)[] = []): (readonly (string | number)[])[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Array.isArray(value) ? [...value.entries()] : Object.entries(value);
  return [path, ...inner.flatMap(([key, held]: [string | number, unknown]) => paths(held, [...path, key]))];
}

function replaced(value: unknown, [key, ...rest]: readonly (string | number)[], by: unknown): unknown {
  if (key === undefined) return by;
  if (Array.isArray(value))
    return value.map((held: unknown, index) => (index === key ? replaced(held, rest, by) : held));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, held]) => [name, name === key ? replaced(held, rest, by) : held]),
  );
}

test('the document itself is good', async () => {
  expect(validateDocument(document)).toEqual([]);
  expect(await problemsOf(JSON.stringify(document))).toEqual([]);
});

test('whatever stands anywhere: problems with places, or a fleet; never a crash', async () => {
  const junk = fc.oneof(
    fc.constantFrom<unknown>(
      null,
      true,
      0,
      -1,
      1e300,
      '',
      '{name}',
      '{labels.gone}',
      '${X}',
      'https://a:b@c',
      '~',
      'x'.repeat(300),
      [],
      {},
      [[]],
      [null],
      { a: null },
    ),
    fc.constantFrom<unknown>(document, document.members, document.hubs[0], document.defaults.registrations),
  );
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...paths(document)),
      junk,
      fc.constantFrom(...paths(document)),
      junk,
      async (one, first, other, second) => {
        const text = JSON.stringify(replaced(replaced(document, one, first), other, second), null, 1);
        const loaded = await loadText(text);
        if ('fleet' in loaded) {
          expect(loaded.effective()).toContain('kind: Fleet');
          return;
        }
        expect(loaded.problems.length).toBeGreaterThan(0);
        for (const problem of loaded.problems) {
          expect(text.split('\n')[(problem.line ?? 0) - 1]?.length).toBeGreaterThanOrEqual((problem.column ?? 0) - 1);
          expect(problem.message.length).toBeLessThan(1000);
        }
      },
    ),
    { numRuns: 400 },
  );
});

test('any text: problems or a fleet', async () => {
  const piece = fc.constantFrom(
    'a',
    ': ',
    '\n',
    '  ',
    '- ',
    '{',
    '}',
    '[',
    ']',
    '&x ',
    '*x',
    '<<',
    '"',
    "'",
    '|',
    '>',
    '#',
    '!!str ',
    '---\n',
    '\t',
    '?',
    ',',
    '%',
    '\u0000',
    'kind: Fleet\n',
    'members:\n',
  );
  await fc.assert(
    fc.asyncProperty(
      fc.array(piece, { maxLength: 30 }).map((pieces) => pieces.join('')),
      async (text) => {
        expect((await problemsOf(text)).length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 500 },
  );
});

test('a document on one line shows the part around each problem, in good time', { timeout: 5_000 }, async () => {
  const member = { name: 'm', labels: { team: 'payments-and-refunds', region: 'eu' }, lables: {} };
  const text = JSON.stringify({
    ...document,
    members: Array.from({ length: 1_500 }, (_, index) => ({ ...member, name: `member-${index}` })),
  });
  const before = performance.now();
  const problems = await problemsOf(text);
  expect(performance.now() - before).toBeLessThan(3_000);
  expect(problems.length).toBeGreaterThanOrEqual(1_500);
  for (const { column = 0, sourceLine = '', sourceLineFrom = 1 } of problems) {
    expect(sourceLine.length).toBeLessThanOrEqual(1_000);
    expect(sourceLine).toBe(text.slice(sourceLineFrom - 1, sourceLineFrom - 1 + sourceLine.length));
    expect(column - sourceLineFrom).toBeGreaterThanOrEqual(0);
    expect(column - sourceLineFrom).toBeLessThan(sourceLine.length);
  }
});

test.each([7, 70, 210, 420, 1_500])('a secret of %d characters that is cut off is not shown either', (length) => {
  const hidden = 'hunter2'.repeat(length / 7);
  const pieces = [
    `"client-key-data":"${hidden}"`,
    `{client-key-data: ${hidden}, a: b}`,
    `"p":"http://me,you:${hidden}@p/x"`,
    `token: '${hidden}'`,
  ];
  for (const piece of pieces) {
    const line = `${'"a":"b",'.repeat(100)}${piece}${',"c":"d"'.repeat(100)}`;
    const source = new SourceText('f', line);
    for (let offset = 500; offset < line.length; offset += 1) {
      const { sourceLine = '', sourceLineFrom = 1 } = source.problemAt(offset, { rule: 'r', message: 'm' });
      expect(sourceLine).not.toMatch(/hunter2|unter2h|nter2hu/);
      expect(offset + 1 - sourceLineFrom).toBeLessThan(sourceLine.length);
    }
  }
});

test.each([
  ['token: hunter2', 'token: *******'],
  ['"password": "hunter2"', '"password": "*******"'],
  ['client-key-data: hunter2', 'client-key-data: *******'],
  ['proxy: http://me:hunter2@p', 'proxy: http://**********@p'],
])('a secret under a key of no use is not shown: %s', async (line, shown) => {
  const found = await problemsOf(`${head}hubs: [{ name: prod, type: ocm }]\nmembers: []\n${line}\n`);
  expect(found.map(({ sourceLine }) => sourceLine)).toEqual([shown]);
  expect(JSON.stringify(found)).not.toContain('hunter2');
});
