import { X509Certificate } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import type { KubeObject } from '../../src/model/cluster.ts';
import { administrator, type ClusterAuthority, createAuthority } from '../../src/sandbox/server/authority.ts';
import type { Chance, Stored } from '../../src/sandbox/server/types.ts';
import { loadX509 } from '../../src/sandbox/server/x509.ts';

const start = Date.parse('2026-11-21T06:00:00Z');
const clock = { time: start };
const chance: Chance = { now: () => clock.time, random: () => 0.4 };
const clientUsages = ['digital signature', 'key encipherment', 'client auth'];

const holding = (...objects: KubeObject[]): Stored => ({
  list: () => objects,
  get: (_group, _resource, namespace, name) =>
    objects.find((object) => object.metadata.name === name && object.metadata.namespace === namespace),
});
const account = { namespace: 'ns', name: 'agent', uid: 'uid-1' };
const stored = holding({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: account });

async function request(subject: string, dns?: string): Promise<string> {
  const x509 = await loadX509();
  const keys = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const extensions = dns ? [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: dns }])] : [];
  const signingAlgorithm = { name: 'ECDSA', hash: 'SHA-256' };
  return (
    await x509.Pkcs10CertificateRequestGenerator.create({ name: subject, keys, signingAlgorithm, extensions })
  ).toString('pem');
}

let authority: ClusterAuthority;
let other: ClusterAuthority;
beforeAll(async () => {
  authority = await createAuthority(chance);
  other = await createAuthority(chance);
});

const at = async <T>(time: number, act: () => Promise<T> | T): Promise<T> => {
  clock.time = time;
  try {
    return await act();
  } finally {
    clock.time = start;
  }
};

describe('certificates', () => {
  it('serves 127.0.0.1 and localhost under its own CA', async () => {
    const serving = new X509Certificate((await authority.serving()).certificate);
    expect(serving.checkIP('127.0.0.1')).toBe('127.0.0.1');
    expect(serving.checkHost('localhost')).toBe('localhost');
    expect(serving.verify(new X509Certificate(authority.ca).publicKey)).toBe(true);
    expect(serving.verify(new X509Certificate(other.ca).publicKey)).toBe(false);
  });

  it('makes the serving certificate once', async () => {
    expect(await authority.serving()).toBe(await authority.serving());
  });

  it('knows the administrator by certificate, but not one of another cluster', async () => {
    const certificate = new X509Certificate((await authority.client(administrator)).certificate);
    expect(authority.identify(certificate)).toMatchObject({
      name: 'kubernetes-admin',
      groups: ['system:masters', 'system:authenticated'],
    });
    expect(other.identify(certificate)).toBeUndefined();
  });

  it('does not take a serving certificate, nor an expired one, for a client', async () => {
    expect(authority.identify(new X509Certificate((await authority.serving()).certificate))).toBeUndefined();
    const certificate = new X509Certificate((await authority.client(administrator)).certificate);
    expect(await at(start + 366 * 86_400_000, () => authority.identify(certificate))).toBeUndefined();
  });
});

describe('signing requests', () => {
  it('keeps a subject with two organizations and the requested lifetime', async () => {
    const pem = await request('O=system:a, O=system:b, CN=system:a:x1');
    const signed = new X509Certificate(await authority.sign(pem, { expirationSeconds: 3600, usages: clientUsages }));
    expect(authority.identify(signed)).toMatchObject({
      name: 'system:a:x1',
      groups: ['system:a', 'system:b', 'system:authenticated'],
    });
    expect(signed.validToDate.getTime()).toBe(start + 3_600_000);
  });

  it('signs for ten minutes at least and a year at most', async () => {
    const pem = await request('CN=x');
    const short = new X509Certificate(await authority.sign(pem, { expirationSeconds: 60, usages: clientUsages }));
    const long = new X509Certificate(await authority.sign(pem, { expirationSeconds: 1e9, usages: clientUsages }));
    expect(short.validToDate.getTime()).toBe(start + 600_000);
    expect(long.validToDate.getTime() - long.validFromDate.getTime()).toBe(365 * 86_400_000);
  });

  it('keeps the alternative names that were asked for', async () => {
    const pem = await request('CN=x', 'evil.example');
    const signed = new X509Certificate(await authority.sign(pem, { expirationSeconds: 3600, usages: clientUsages }));
    expect(signed.subjectAltName).toBe('DNS:evil.example');
  });

  it.each([
    [['client auth', 'server auth'], 'invalid usage for client certificate: server auth'],
    [['digital signature'], 'missing required usage for client certificate: client auth'],
  ])('refuses the usages %j', async (usages, message) => {
    const pem = await request('CN=x');
    await expect(authority.sign(pem, { expirationSeconds: 3600, usages })).rejects.toThrow(message);
  });

  it('refuses a request whose signature does not verify', async () => {
    const der = Buffer.from((await request('CN=x')).replace(/-----[^-]+-----|\s/g, ''), 'base64');
    der.writeUInt8(der.readUInt8(der.length - 1) ^ 1, der.length - 1);
    const pem = `-----BEGIN CERTIFICATE REQUEST-----\n${der.toString('base64')}\n-----END CERTIFICATE REQUEST-----`;
    await expect(authority.sign(pem, { expirationSeconds: 3600, usages: clientUsages })).rejects.toThrow('signature');
  });
});

describe('ServiceAccount tokens', () => {
  it('carry the claims of a real one', async () => {
    const { token, expires } = await authority.token(account, { expirationSeconds: 600 });
    const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
    const seconds = start / 1000;
    expect(claims).toMatchObject({
      aud: ['https://kubernetes.default.svc'],
      exp: seconds + 600,
      iat: seconds,
      iss: 'https://kubernetes.default.svc',
      'kubernetes.io': { namespace: 'ns', serviceaccount: { name: 'agent', uid: 'uid-1' } },
      sub: 'system:serviceaccount:ns:agent',
    });
    expect(expires).toBe('2026-11-21T06:10:00Z');
  });

  it('authenticate their account', async () => {
    const { token } = await authority.token(account, {});
    expect(await authority.authenticate(stored, token)).toEqual({
      name: 'system:serviceaccount:ns:agent',
      uid: 'uid-1',
      groups: ['system:serviceaccounts', 'system:serviceaccounts:ns', 'system:authenticated'],
      extra: {
        'authentication.kubernetes.io/credential-id': [expect.stringMatching(/^JTI=[0-9a-f]{8}-[0-9a-f]{4}-4/)],
      },
    });
  });

  it('end at their expiry', async () => {
    const { token } = await authority.token(account, { expirationSeconds: 600 });
    expect(await at(start + 599_000, () => authority.authenticate(stored, token))).toBeDefined();
    expect(await at(start + 600_000, () => authority.authenticate(stored, token))).toBeUndefined();
  });

  it.each([
    ['the account is gone', holding()],
    [
      'another account has its name',
      holding({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { ...account, uid: 'uid-2' } }),
    ],
  ])('are void when %s', async (_why, now) => {
    const { token } = await authority.token(account, {});
    expect(await authority.authenticate(now, token)).toBeUndefined();
  });

  it('are refused when forged, foreign, meant for others, or no tokens at all', async () => {
    const { token } = await authority.token(account, {});
    const [header, , signature] = token.split('.');
    const forged = Buffer.from(JSON.stringify({ sub: 'system:serviceaccount:kube-system:root' })).toString('base64url');
    const { token: elsewhere } = await authority.token(account, { audiences: ['vault'] });
    for (const bad of [
      `${header}.${forged}.${signature}`,
      elsewhere,
      (await other.token(account, {})).token,
      'x',
      '',
      'a.b.c',
      '..',
    ]) {
      expect(await authority.authenticate(stored, bad)).toBeUndefined();
    }
  });
});
