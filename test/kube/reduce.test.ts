import { expect, test } from 'vitest';
import { fingerprints } from '../../src/kube/certificates.ts';
import { kubeconfigFacts, reduce } from '../../src/kube/reduce.ts';
import type { KubeObject } from '../../src/model/cluster.ts';
import { signingRequest, testAuthority } from './authority.ts';
import { types } from './scripted.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const jwt = (claims: unknown): string =>
  `${base64('{"alg":"none"}')}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.c2ln`;

const kubeconfig = (ca: string, user: string): string => `
apiVersion: v1
kind: Config
clusters:
- {name: hub, cluster: {server: "https://hub:6443", certificate-authority-data: ${base64(ca)}, proxy-url: "http://p:3128", tls-server-name: api}}
users:
- {name: bootstrap, user: ${user}}
contexts:
- {name: bootstrap, context: {cluster: hub, user: bootstrap}}
current-context: bootstrap
`;

const secret = (data: Record<string, string>, annotations?: Record<string, string>): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 's', ...(annotations !== undefined && { annotations }) },
  type: 'Opaque',
  data: Object.fromEntries(Object.entries(data).map(([key, value]) => [key, base64(value)])),
});

test('a Secret without facts has neither data nor copies of it', async () => {
  const copy = { 'kubectl.kubernetes.io/last-applied-configuration': '{"data":{"a":"MARK"}}', keep: 'me' };
  const reduced = await reduce(types.secret, secret({ a: 'MARK' }, copy));
  expect(reduced).toEqual({
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: { name: 's', annotations: { keep: 'me' } },
    type: 'Opaque',
  });
});

test('a Secret is reduced key by key', async () => {
  const authority = await testAuthority();
  const client = await authority.client('CN=system:agent,O=one,O=two', {
    notBefore: new Date('2026-11-01T00:00:00Z'),
    notAfter: new Date('2027-11-01T00:00:00Z'),
  });
  const token = jwt({
    sub: 'system:serviceaccount:ocm:boot',
    exp: Date.parse('2026-11-21T06:20:28Z') / 1000,
    jti: 'id-1',
    'kubernetes.io': { serviceaccount: { uid: 'u-1' } },
  });
  const data = {
    kubeconfig: kubeconfig(authority.ca, `{token: ${token}}`),
    'tls.crt': client.cert,
    'agent-name': 'x7k2p',
    'tls.key': client.key,
    broken: 'nonsense',
  };
  const asked = {
    kubeconfig: 'kubeconfig',
    'tls.crt': 'certificate',
    'agent-name': 'text',
    'tls.key': 'present',
    broken: 'certificate',
    missing: 'present',
  } as const;
  const reduced = await reduce(types.secret, secret(data), asked);
  expect(reduced['facts']).toEqual({
    kubeconfig: {
      server: 'https://hub:6443',
      ca: fingerprints(authority.ca),
      proxyUrl: 'http://p:3128',
      tlsServerName: 'api',
      clusterName: 'hub',
      token: {
        subject: 'system:serviceaccount:ocm:boot',
        subjectUid: 'u-1',
        expires: '2026-11-21T06:20:28Z',
        id: 'id-1',
      },
      hasToken: true,
    },
    'tls.crt': {
      commonName: 'system:agent',
      organizations: ['one', 'two'],
      notBefore: '2026-11-01T00:00:00Z',
      notAfter: '2027-11-01T00:00:00Z',
    },
    'agent-name': 'x7k2p',
    'tls.key': true,
    broken: { invalid: 'no certificate in it' },
  });
  expect(JSON.stringify(reduced)).not.toContain(token.slice(-20));
  expect(JSON.stringify(reduced)).not.toContain('PRIVATE');
});

test('a kubeconfig that cannot be used is invalid, and not quoted', async () => {
  const facts = async (text: string) => (await reduce(types.secret, secret({ k: text }), { k: 'kubeconfig' }))['facts'];
  expect(await facts('token: MARK\n  - broken: [')).toEqual({
    k: { invalid: expect.stringMatching(/^it is no YAML \(line \d\)$/) },
  });
  expect(await facts('just text MARK')).toEqual({ k: { invalid: 'it is no kubeconfig' } });
  expect(await facts('kind: MARK')).toEqual({ k: { invalid: 'it is no kubeconfig' } });
  expect(await facts('users: [{ name: MARK }, { name: MARK }]')).toEqual({
    k: { invalid: 'it has two entries in users' },
  });
  expect(await facts('clusters: []')).toEqual({ k: { invalid: 'it has no current context' } });
  expect(await facts('current-context: MARK')).toEqual({ k: { invalid: 'it cannot be parsed' } });
  expect(await facts(kubeconfig('MARK is no PEM', '{}'))).toEqual({ k: { invalid: 'no certificate in it' } });
});

test('user and password of an address stay out, and that there are some is told', () => {
  const facts = (proxy: string, server = 'https://hub:6443') =>
    kubeconfigFacts(
      kubeconfig('', '{}')
        .replace(/, certificate-authority-data: .*?,/, ',')
        .replace('http://p:3128', proxy)
        .replace('https://hub:6443', server),
    );
  expect(facts('http://p:3128', 'https://hub:6443/k8s/@one')).toMatchObject({
    proxyUrl: 'http://p:3128',
    server: 'https://hub:6443/k8s/@one',
  });
  expect(facts('http://MARK:MA@RK@p:3128', 'https://MARK@hub:6443/a')).toMatchObject({
    proxyUrl: 'http://***@p:3128',
    server: 'https://***@hub:6443/a',
  });
  for (const odd of ['MARK:MARK@p:3128', 'http:/MARK:MARK@p', 'http://MARK:MA/RK@p', 'http:///MARK@p', 'x:///MARK@p'])
    expect(facts(odd).proxyUrl).toMatch(/^(http:\/\/|x:\/\/)?\*{3}@p(:3128)?$/);
});

test('an opaque token and none, a CA in a file and none', () => {
  expect(
    kubeconfigFacts(kubeconfig('', '{token: abc}').replace(/, certificate-authority-data: .*?,/, ',')),
  ).toMatchObject({ hasToken: true, ca: [] });
  const byFile = kubeconfig('', '{}').replace(/certificate-authority-data: .*?,/, 'certificate-authority: ca.crt,');
  expect(kubeconfigFacts(byFile)).toMatchObject({ hasToken: false, ca: ['file ca.crt'] });
  expect(
    kubeconfigFacts(kubeconfig('', '{token: abc}').replace(/, certificate-authority-data: .*?,/, ',')),
  ).not.toHaveProperty('token');
});

test('cluster-info has a cluster without name and no context; its CA is no secret', async () => {
  const { ca } = await testAuthority();
  const text = `apiVersion: v1\nkind: Config\nclusters:\n- cluster: {server: "https://in:6443", certificate-authority-data: ${base64(ca)}}\n  name: ""\ncontexts: null\ncurrent-context: ""\nusers: null\n`;
  const object = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'cluster-info' },
    data: { kubeconfig: text },
  };
  expect(await reduce(types.configMap, object)).toBe(object);
  expect(await reduce(types.configMap, object, { kubeconfig: 'kubeconfig' })).toEqual({
    ...object,
    facts: {
      kubeconfig: { server: 'https://in:6443', ca: fingerprints(ca), caPem: ca, clusterName: '', hasToken: false },
    },
  });
});

test('a file name that every object has as a property is a file like others', () => {
  const byFile = kubeconfig('', '{}').replace(
    /certificate-authority-data: .*?,/,
    'certificate-authority: constructor,',
  );
  expect(kubeconfigFacts(byFile)).toMatchObject({ ca: ['file constructor'] });
});

test('certificates that begin and never end are none, however many there are', async () => {
  const { ca } = await testAuthority();
  const begins = '-----BEGIN CERTIFICATE-----\n'.repeat(15_000);
  const before = performance.now();
  expect(() => fingerprints(begins)).toThrow('no certificate in it');
  expect(fingerprints(`-----END CERTIFICATE-----\n${ca}\n${begins}`)).toEqual(fingerprints(ca));
  expect(performance.now() - before).toBeLessThan(1_000);
});

test('bundles are equal when their certificates are, whatever their order and text', async () => {
  const [one, two] = [(await testAuthority('CN=one')).ca, (await testAuthority('CN=two')).ca];
  expect(fingerprints(`${one}\n${two}`)).toEqual(
    fingerprints(`# two\r\n${two.replaceAll('\n', '\r\n')}\n${one}${one}`),
  );
  expect(fingerprints(one)).not.toEqual(fingerprints(two));
  expect(fingerprints(one)).toEqual([expect.stringMatching(/^[0-9a-f]{64}$/)]);
  expect(() => fingerprints('nothing')).toThrow('no certificate in it');
});

const csr = (pem: string, certificate?: string): KubeObject => ({
  apiVersion: 'certificates.k8s.io/v1',
  kind: 'CertificateSigningRequest',
  metadata: { name: 'c' },
  spec: { request: base64(pem), signerName: 'kubernetes.io/kube-apiserver-client', username: 'u' },
  status: { conditions: [], ...(certificate !== undefined && { certificate: base64(certificate) }) },
});

test('a signing request is reduced to what it asks for', async () => {
  const reduced = await reduce(types.request, csr(await signingRequest('CN=a:b,O=g1,O=g2', ['evil.example'])));
  expect(reduced).toEqual({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'c' },
    spec: { signerName: 'kubernetes.io/kube-apiserver-client', username: 'u' },
    status: { conditions: [] },
    facts: {
      request: {
        commonName: 'a:b',
        organizations: ['g1', 'g2'],
        subjectAltNames: ['dns:evil.example'],
        signatureValid: true,
      },
    },
  });
});

test('an issued signing request is reduced to what was granted', async () => {
  const authority = await testAuthority();
  const factsOf = async (certificate: string) =>
    (await reduce(types.request, csr(await signingRequest('CN=a:b,O=g1'), certificate)))['facts'];
  const request = { commonName: 'a:b', organizations: ['g2'], subjectAltNames: [], signatureValid: true };
  expect(await factsOf((await authority.client('CN=a:b,O=g2')).cert)).toEqual({
    request,
    certificate: expect.objectContaining({ commonName: 'a:b', organizations: ['g2'] }),
  });
  expect(await factsOf((await authority.server(['one.example', 'two.example'])).cert)).toMatchObject({
    request: { commonName: 'server', subjectAltNames: ['DNS:one.example', 'DNS:two.example'] },
  });
  expect(await factsOf('nonsense')).toEqual({
    request: { ...request, organizations: ['g1'] },
    certificate: { invalid: 'no certificate in it' },
  });
});

test('a signing request that is none, is tampered with or is ambiguous does not pass', async () => {
  const requestOf = async (pem: string) => (await reduce(types.request, csr(pem)))['facts'];
  expect(await requestOf('nonsense')).toEqual({ request: { invalid: 'it cannot be parsed' } });
  expect(await requestOf(await signingRequest('CN=one,CN=two'))).toEqual({
    request: { invalid: 'it has 2 common names' },
  });
  const der = Buffer.from((await signingRequest('CN=honest')).replace(/-----[^-]+-----|\s/g, ''), 'base64');
  der.write('forged', der.indexOf('honest'));
  const forged = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
  expect(await requestOf(forged)).toMatchObject({ request: { commonName: 'forged', signatureValid: false } });
});
