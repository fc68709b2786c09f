import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fleetOf, head, inShort, loadText, onProd, problemsOf } from './load-text.ts';

/** A certificate that signs nothing; its key is gone. */
const certificate = `-----BEGIN CERTIFICATE-----
MIIBezCCASGgAwIBAgIUNG2f/YAsZqQ5e6vn8YpRCk0H8FYwCgYIKoZIzj0EAwIw
EjEQMA4GA1UEAwwHdGVzdC1jYTAgFw0yNjExMjEwNjU3MDJaGA8yMTI2MTAyODA2
NTcwMlowEjEQMA4GA1UEAwwHdGVzdC1jYTBZMBMGByqGSM49AgEGCCqGSM49AwEH
A0IABIR/ZlapFSp9nlBu57DbWXtP92A1Sjfm6A/ySP6EontQM6JcvuDstonXm0Jm
ZuU6xWen0+bCChB9kZhMD6FqioyjUzBRMB0GA1UdDgQWBBTKRiBhKhKiIOmwfK1m
3KNOOoYk8zAfBgNVHSMEGDAWgBTKRiBhKhKiIOmwfK1m3KNOOoYk8zAPBgNVHRMB
Af8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQD0M/2pAJzKwv/WCBCJLeIZZmXR
Kq286f51iHwdc1JZBgIgGIFZ2Y6FR05rNHVgr12dj9wOfRxmV9xBDD5/gpAb78Q=
-----END CERTIFICATE-----
`;

describe('a small fleet', () => {
  const text = `${head}hubs:
  - { name: prod, type: ocm, endpoint: { server: "https://hub.acme.example:6443" } }
defaults:
  registrations: [{ hub: prod, mode: ocm-default, adopt: true }]
members:
  - { name: pay-1, labels: { region: eu } }
  - { name: pay-2, labels: { region: us } }
  - { name: lab, access: { context: admin@lab } }
`;

  test('has hubs, members and registrations, with everything that was left out', async () => {
    const fleet = await fleetOf(text);
    expect(fleet.name).toBe('acme');
    expect(fleet.hubs).toEqual([
      {
        name: 'prod',
        type: 'ocm',
        access: { via: 'kubeconfig', context: 'prod', insideFleetFolder: false },
        endpoint: { server: 'https://hub.acme.example:6443' },
        source: { file: 'stdin', line: 5, column: 5 },
      },
    ]);
    expect(fleet.members.map(({ access }) => access)).toEqual(
      ['pay-1', 'pay-2', 'admin@lab'].map((context) => ({ via: 'kubeconfig', context, insideFleetFolder: false })),
    );
    expect(fleet.members[1]).toMatchObject({
      name: 'pay-2',
      labels: { region: 'us' },
      source: { line: 10, column: 5 },
    });
    expect(fleet.registrations[2]).toEqual({
      id: 'prod/lab',
      hub: fleet.hubs[0],
      member: fleet.members[2],
      mode: 'ocm-default',
      state: 'present',
      works: 'refuse',
      adopt: true,
      options: {},
      source: { file: 'stdin', line: 7, column: 19 },
    });
  });
});

describe('layers', () => {
  const text = `${head}hubs:
  - { name: ocm-eu, type: ocm }
  - { name: ocm-us, type: ocm }
defaults:
  labels: { tier: silver, region: eu }
  access: { kubeconfig: "/kube/{name}.yaml" }
  registrations:
    - hub: "ocm-{labels.region}"
      mode: ocm-default
      works: drain
      options:
        clusterSet: "{labels.tier}"
        priorityClassName: high
        registrationConfiguration: { featureGates: [{ feature: ClusterClaim, mode: Enable }, { feature: AddonManagement, mode: Enable }] }
groups:
  - { name: small, match: { size: small }, registrations: [{ hub: "ocm-{labels.region}", mode: ocm-singleton }] }
  - { name: gold, match: { size: small, region: us }, labels: { tier: gold, extra: x }, access: { inCluster: true } }
  - { name: not-by-labels-of-groups, match: { extra: x }, labels: { extra: y } }
members:
  - { name: a }
  - { name: b, labels: { size: small } }
  - name: c
    labels: { size: small, region: us, extra: null }
    access: { inCluster: null }
    registrations:
      - hub: ocm-us
        works: null
        options:
          priorityClassName: null
          registrationConfiguration: { featureGates: [{ feature: ClusterClaim, mode: Disable }] }
  - { name: d, registrations: null }
  - { name: e, registrations: [{ hub: ocm-eu, state: absent }, { hub: ocm-us, mode: ocm-singleton, options: { klusterletName: k2, klusterletNamespace: open-cluster-management-k2 } }] }
`;

  test('defaults, groups in order, the member; null unsets', async () => {
    const { members, registrations } = await fleetOf(text);
    expect(registrations.map(({ id, mode, state, works }) => `${id} ${mode} ${state} ${works}`)).toEqual([
      'ocm-eu/a ocm-default present drain',
      'ocm-eu/b ocm-singleton present drain',
      'ocm-us/c ocm-singleton present refuse',
      'ocm-eu/e ocm-default absent drain',
      'ocm-us/e ocm-singleton present refuse',
    ]);
    const [, b, c] = members;
    expect([b?.labels, b?.access]).toEqual([
      { tier: 'silver', region: 'eu', size: 'small' },
      { via: 'kubeconfig', kubeconfig: '/kube/b.yaml', context: 'b', insideFleetFolder: false },
    ]);
    expect([c?.labels, c?.access]).toEqual([
      { tier: 'gold', region: 'us', size: 'small' },
      { via: 'kubeconfig', context: 'c', insideFleetFolder: false },
    ]);
    expect(registrations[2]?.options).toEqual({
      clusterSet: 'gold',
      registrationConfiguration: {
        featureGates: [
          { feature: 'ClusterClaim', mode: 'Disable' },
          { feature: 'AddonManagement', mode: 'Enable' },
        ],
      },
    });
  });

  test('a group that nobody is in is a warning', async () => {
    const loaded = await loadText(text);
    expect('warnings' in loaded && loaded.warnings.map((warning) => `${inShort(warning)}: ${warning.message}`)).toEqual(
      ['21:5 unused-group groups[2]: group not-by-labels-of-groups matches no member'],
    );
  });
});

describe('variables', () => {
  const text = onProd(
    'members:\n  - { name: a, access: { kubeconfig: "${DIR}/k", context: "${DIR}" } }\n  - { name: b, access: { server: "https://${HOST}", tokenFile: t } }\n',
  );

  test('come from --var first, then from ROLLCALL_VAR_, and are relative to the file', async () => {
    const { members } = await fleetOf(text, {
      cwd: '/srv/fleet',
      vars: { DIR: 'kube' },
      env: { ROLLCALL_VAR_DIR: 'other', ROLLCALL_VAR_HOST: 'h:1' },
    });
    expect(members.map(({ access }) => access)).toEqual([
      { via: 'kubeconfig', kubeconfig: '/srv/fleet/kube/k', context: '${DIR}', insideFleetFolder: true },
      { via: 'server', server: 'https://h:1', tokenFile: '/srv/fleet/t' },
    ]);
  });

  test('never come from the rest of the environment', async () => {
    const found = await problemsOf(text, { env: { DIR: '/x', HOST: 'h' } });
    expect(found.map((problem) => problem.rule)).toEqual(['unset-variable', 'unset-variable']);
  });

  test('are checked as if they had been written', async () => {
    const [problem] = await problemsOf(text, { vars: { DIR: 'x', HOST: 'me:hunter2@h' } });
    expect(problem?.rule).toBe('credentials-in-address');
    expect(JSON.stringify(problem)).not.toContain('hunter2');
  });
});

describe('files', () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollcall-resolve-'));
    await mkdir(join(folder, 'fleet'));
    await writeFile(join(folder, 'fleet', 'ca.pem'), `# bag attributes\n${certificate}\n${certificate}`);
    await writeFile(
      join(folder, 'fleet', 'key.pem'),
      `${certificate}-----BEGIN EC PRIVATE KEY-----\nhunter2\n-----END EC PRIVATE KEY-----\n`,
    );
    await writeFile(join(folder, 'fleet', 'text.pem'), 'hunter2');
    await writeFile(
      join(folder, 'fleet', 'broken.pem'),
      `${certificate}-----BEGIN CERTIFICATE-----\nhunter2\n-----END CERTIFICATE-----\n`,
    );
    await writeFile(join(folder, 'fleet', 'endless.pem'), '-----BEGIN CERTIFICATE-----\n'.repeat(15_000));
    await writeFile(join(folder, 'fleet', 'kubeconfig'), '');
    await symlink(join(folder, 'fleet', 'kubeconfig'), join(folder, 'link-into-it'));
    await symlink(join(folder, 'fleet'), join(folder, 'link-to-it'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('certificates are read, without what else is in the file', async () => {
    const text = `${head}hubs: [{ name: prod, type: ocm, endpoint: { caFile: ca.pem } }]
members:
  - name: a
    registrations: [{ hub: prod, mode: ocm-default, hubEndpoint: { caFile: "${join('..', 'fleet', 'ca.pem')}" }, options: { clientConfigs: [{ url: "https://a", caFile: ca.pem }, { url: "https://b" }] } }]
`;
    const { hubs, registrations } = await fleetOf(text, { cwd: join(folder, 'fleet') });
    const pem = `${certificate}${certificate}`;
    expect(hubs[0]?.endpoint).toEqual({ ca: pem });
    expect(registrations[0]?.hubEndpoint).toEqual({ ca: pem });
    expect(registrations[0]?.options.clientConfigs).toEqual([
      { url: 'https://a', caBundle: pem },
      { url: 'https://b' },
    ]);
  });

  test.each([
    ['missing.pem', 'does not exist'],
    ['key.pem', 'holds a private key; name a file with certificates only'],
    ['text.pem', 'holds no certificate (PEM)'],
    ['.', 'is a folder; name the file in it'],
    ['broken.pem', 'cannot be read'],
    ['endless.pem', 'holds no certificate (PEM)'],
  ])('%s as a CA file', async (file, says) => {
    const before = performance.now();
    const text = onProd(
      `defaults: { registrations: [{ hub: prod, mode: ocm-default, hubEndpoint: { caFile: ${file} } }] }\nmembers: [{ name: a }, { name: b }]\n`,
    );
    const found = await problemsOf(text, { cwd: join(folder, 'fleet') });
    expect(found.map(inShort)).toEqual(['5:84 ca-file defaults.registrations[0].hubEndpoint.caFile']);
    expect(found[0]?.message).toContain(says);
    expect(found[0]?.also?.map(({ label }) => label)).toEqual(['member a', 'member b']);
    expect(JSON.stringify(found)).not.toContain('hunter2');
    expect(performance.now() - before).toBeLessThan(1_000);
  });

  test.each([
    ['kubeconfig', true],
    ['missing/kubeconfig', true],
    ['../link-into-it', true],
    ['../link-to-it/kubeconfig', true],
    ['../other', false],
    ['../fleet-2/kubeconfig', false],
  ])("kubeconfig %s lies inside the fleet's folder: %s", async (kubeconfig, inside) => {
    const fleet = await fleetOf(onProd(`members: [{ name: a, access: { kubeconfig: ${kubeconfig} } }]\n`), {
      cwd: join(folder, 'fleet'),
    });
    expect(fleet.members[0]?.access).toMatchObject({ insideFleetFolder: inside });
  });

  test('so does one that KUBECONFIG names, for those that name none', async () => {
    const text = onProd('members: [{ name: a }, { name: b, access: { kubeconfig: /elsewhere } }]\n');
    const fleet = await fleetOf(text, { cwd: join(folder, 'fleet'), env: { KUBECONFIG: '/etc/x:kubeconfig' } });
    expect(fleet.members.map(({ access }) => access.via === 'kubeconfig' && access.insideFleetFolder)).toEqual([
      true,
      false,
    ]);
  });
});

test('all stages speak in one run, by position, and about one place only once', async () => {
  const found = await problemsOf(
    onProd(
      'members:\n  - { name: a, registrations: [{ hub: "{labels.x}", mode: ocm-default }, { hub: prd, mode: ocm-default, woks: drain }] }\n  - { name: a, access: { server: 3, tokenFile: "${T}" } }\n',
    ),
  );
  expect(found.map(inShort)).toEqual([
    '6:39 missing-label members[0].registrations[0].hub',
    '6:81 unknown-hub members[0].registrations[1].hub',
    '6:105 unknown-key members[0].registrations[1].woks',
    '7:13 duplicate-member members[1].name',
    '7:34 wrong-type members[1].access.server',
    '7:48 unset-variable members[1].access.tokenFile',
  ]);
});
